"""How each country writes the number of a company, as python-stdnum knows it: what its check digits allow, and
how the number of an establishment or of the tax becomes that of the company."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stdnum.at import businessid as at_business
from stdnum.at import uid as at_uid
from stdnum.be import vat as be_vat
from stdnum.bg import vat as bg_vat
from stdnum.ch import uid as ch_uid
from stdnum.ch import vat as ch_vat
from stdnum.cy import vat as cy_vat
from stdnum.cz import dic as cz_dic
from stdnum.de import handelsregisternummer as de_register
from stdnum.de import vat as de_vat
from stdnum.dk import cvr as dk_cvr
from stdnum.ee import kmkr as ee_vat
from stdnum.ee import registrikood as ee_register
from stdnum.es import nif as es_nif
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus as fi_ytunnus
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret
from stdnum.fr import tva as fr_tva
from stdnum.gb import vat as gb_vat
from stdnum.gr import vat as gr_vat
from stdnum.hr import oib as hr_oib
from stdnum.hu import anum as hu_anum
from stdnum.ie import vat as ie_vat
from stdnum.it import iva as it_iva
from stdnum.lt import pvm as lt_vat
from stdnum.lu import tva as lu_vat
from stdnum.lv import pvn as lv_vat
from stdnum.mt import vat as mt_vat
from stdnum.nl import btw as nl_btw
from stdnum.no import mva as no_vat
from stdnum.no import orgnr as no_orgnr
from stdnum.pl import nip as pl_nip
from stdnum.pl import regon as pl_regon
from stdnum.pt import nif as pt_nif
from stdnum.ro import cui as ro_cui
from stdnum.se import orgnr as se_orgnr
from stdnum.se import vat as se_vat
from stdnum.si import ddv as si_vat
from stdnum.sk import dph as sk_vat

Scheme = Callable[[str], str]


def _form(pattern: str) -> Scheme:
    """For numbers without check digits: their form is all that can be wrong."""
    compiled = re.compile(pattern)

    def validate(number: str) -> str:
        plain = re.sub(r"[\s.\-]", "", number).upper()
        if not compiled.fullmatch(plain):
            raise ValidationError
        return plain

    return validate


def _register_of_germany(number: str) -> str:
    return str(de_register.validate(number))


# Tried in this order. Establishments and VAT numbers become the number of their company where the one can be
# had from the other. A Dutch RSIN is left out: by itself it cannot be told from a person's BSN.
SCHEMES: Final[Mapping[str, tuple[Scheme, ...]]] = MappingProxyType(
    {
        "AT": (at_uid.validate, at_business.validate),
        "BE": (be_vat.validate,),
        "BG": (bg_vat.validate,),
        "CH": (
            ch_uid.validate,
            lambda number: ch_uid.validate(ch_vat.validate(number)[:12]),
        ),
        "CY": (cy_vat.validate,),
        "CZ": (cz_dic.validate,),
        "DE": (de_vat.validate, _register_of_germany),
        "DK": (dk_cvr.validate,),
        "EE": (ee_register.validate, ee_vat.validate),
        "ES": (es_nif.validate,),
        "FI": (fi_ytunnus.validate,),
        "FR": (
            fr_siren.validate,
            lambda number: str(fr_siret.to_siren(fr_siret.validate(number))),
            lambda number: str(fr_tva.to_siren(fr_tva.validate(number))),
        ),
        "GB": (gb_vat.validate, _form(r"(?:[A-Z]{2}|[0-9]{2})[0-9]{6}")),
        "GR": (gr_vat.validate,),
        "HR": (hr_oib.validate,),
        "HU": (hu_anum.validate,),
        "IE": (ie_vat.validate, _form(r"[0-9]{5,6}")),
        "IT": (it_iva.validate,),
        "LT": (lt_vat.validate,),
        "LU": (lu_vat.validate, _form(r"[A-Z][0-9]{1,6}")),
        "LV": (lv_vat.validate,),
        "MT": (mt_vat.validate,),
        "NL": (nl_btw.validate, _form(r"[0-9]{8}")),
        "NO": (
            no_orgnr.validate,
            lambda number: no_orgnr.validate(no_vat.validate(number).removesuffix("MVA")),
        ),
        "PL": (pl_nip.validate, pl_regon.validate),
        "PT": (pt_nif.validate,),
        "RO": (ro_cui.validate,),
        "SE": (
            se_orgnr.validate,
            lambda number: se_orgnr.validate(se_vat.validate(number)[:-2]),
        ),
        "SI": (si_vat.validate,),
        "SK": (sk_vat.validate,),
    }
)
