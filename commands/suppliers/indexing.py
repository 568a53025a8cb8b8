"""What of a supplier and a loan goes into the search index, and when: whoever changes one calls `reindex`."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from commands.kernel.command import Router
from commands.labels import Labels
from commands.search.words import code_token, joined, joined_codes
from commands.suppliers.scheme import place_words
from storage import facts, loans, supplier_search, suppliers
from storage.loans import Loan
from storage.session import Session
from storage.supplier_search import INDEX, Document
from storage.suppliers import Supplier

router = Router("suppliers")

_FACT: Final = "supplier_index"
_VERSION: Final = 1


def reindex(session: Session, labels: Labels, supplier_id: int) -> None:
    """Bring the index up to date with one supplier: only visible ones are in it."""
    supplier = suppliers.get(session, supplier_id)
    if supplier is None or not supplier.is_visible:
        INDEX.remove(session, supplier_id)
    else:
        INDEX.put(session, supplier_id, document_of(supplier, labels).columns())


def reindex_loan(session: Session, labels: Labels, loan_id: int) -> None:
    """Bring the index up to date with one loan: only those that are offered are in it."""
    loan = loans.get(session, loan_id)
    row = supplier_search.loan_row(loan_id)
    if loan is None or loan.withdrawn_at is not None:
        if INDEX.remove(session, row):
            INDEX.leave_no_trace(session)
    else:
        INDEX.put(session, row, _document_of_loan(loan, labels).columns())


def rebuild(session: Session, labels: Labels) -> None:
    """Build the whole index anew."""
    offered = [
        (supplier_search.loan_row(loan.id), _document_of_loan(loan, labels).columns())
        for loan in loans.offered(session)
    ]
    visible = [
        (supplier.id, document_of(supplier, labels).columns())
        for supplier in suppliers.visible(session)
    ]
    INDEX.rebuild(session, [*visible, *offered])
    facts.put(session, _FACT, _fingerprint(labels))


def bring_up_to_date(session: Session, labels: Labels) -> bool:
    """Rebuild if the installation's labels changed since (to be called at start); whether it did."""
    if facts.get(session, _FACT) == _fingerprint(labels):
        return False
    rebuild(session, labels)
    return True


router.preparations.append(bring_up_to_date)


@lru_cache(maxsize=4)
def _fingerprint(labels: Labels) -> str:
    """Of what documents take from the labels; what words mean is asked anew each time."""
    digest = hashlib.sha256(str(_VERSION).encode())
    for place in labels.places.values():
        digest.update(f"{place.code}|{place.scope}|{place.region}|{place.country}\n".encode())
    for category in labels.categories:
        digest.update(f"{category}\n".encode())
    return digest.hexdigest()


def document_of(supplier: Supplier, labels: Labels) -> Document:
    """What members may find of a supplier: neither code, nor steps, nor contacts."""
    return Document(
        name=joined(supplier.name),
        category=_categories(supplier.categories, labels),
        mode=joined_codes("mode", supplier.modes),
        class_=code_token("class", supplier.class_),
        place=place_words(supplier.regions, labels),
        language=joined_codes("language", supplier.languages),
        offer=joined(
            *(text for name in ("offer", "deal") for text in supplier.texts.get(name, {}).values())
        ),
    )


def _document_of_loan(loan: Loan, labels: Labels) -> Document:
    """Nothing of who lends it."""
    return Document(
        name=joined(loan.title),
        category=_categories((loan.category,) if loan.category else (), labels),
        mode=code_token("mode", loan.mode),
        place=place_words((loan.region,) if loan.region else (), labels),
        offer=joined(loan.terms),
    )


def _categories(categories: tuple[str, ...], labels: Labels) -> str:
    return " ".join(
        code_token("category", each) if labels.category(each) is not None else joined(each)
        for each in categories
    )
