"""The people and the networks of the demonstration, written by hand and invented. Making their
accounts and rooms is the demo's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot.demo.register import RegisterRow

Openness = Literal["open", "approval", "invitation"]
Role = Literal["staff", "buyer", "ethics"]


@dataclass(frozen=True, slots=True)
class DemoMember:
    """Someone of the demonstration. `findable` is the consent to be found, `surveys` and
    `introductions` the consents to be asked and to be introduced; `networks` and `animates` are
    slugs."""

    login: str
    language: str
    row: RegisterRow
    findable: bool
    surveys: bool
    introductions: bool
    networks: tuple[str, ...]
    animates: tuple[str, ...]
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """A network of the demonstration; texts by language, `region` a slug or empty, `codes` the
    professions and sectors that it is for."""

    slug: str
    kind: Literal["profession", "sector", "other"]
    names: Mapping[str, str]
    purposes: Mapping[str, str]
    criteria: Mapping[str, str]
    criterion_kind: Literal["quantitative", "strategic"]
    goals: Mapping[str, tuple[str, ...]]
    openness: Openness
    languages: tuple[str, ...]
    region: str
    codes: tuple[str, ...]


DEMO_NETWORKS: Final[tuple[DemoNetwork, ...]] = (
    DemoNetwork(
        "translators",
        "profession",
        {"nl": "Vertalers en tolken", "fr": "Traduction et interprétation",
         "en": "Translators and interpreters"},
        {"nl": "Opdrachten delen, elkaar nalezen en samen een eerlijk tarief verdedigen.",
         "fr": "Partager des missions, se relire et défendre ensemble un tarif juste.",
         "en": "Share assignments, proofread each other and defend a fair rate together."},
        {"nl": "Minstens 20 vennoten met dit hoofdberoep.",
         "fr": "Au moins 20 sociétaires dont c'est le métier principal.",
         "en": "At least 20 members with this main profession."},
        "quantitative",
        {"nl": ("Een gedeelde termenlijst", "Vervanging bij ziekte"),
         "fr": ("Une terminologie partagée", "Se remplacer en cas de maladie"),
         "en": ("A shared list of terms", "Standing in during illness")},
        "open", ("nl", "fr"), "", ("2643.1", "2643.2", "2643.3", "2643.5"),
    ),
    DemoNetwork(
        "audiovisual-brussels",
        "sector",
        {"nl": "Audiovisueel Brussel", "fr": "Audiovisuel Bruxelles", "en": "Audiovisual Brussels"},
        {"nl": "Ploegen samenstellen: van scenario tot montage onder vennoten.",
         "fr": "Composer des équipes : du scénario au montage entre sociétaires.",
         "en": "Put crews together: from script to edit among members."},
        {"nl": "Minstens 15 vennoten uit vijf beroepen die elkaar aanvullen.",
         "fr": "Au moins 15 sociétaires de cinq métiers complémentaires.",
         "en": "At least 15 members from five professions that complement each other."},
        "quantitative",
        {"nl": ("Samen materiaal huren", "Een gezamenlijke showreel"),
         "fr": ("Louer du matériel ensemble", "Une bande démo commune"),
         "en": ("Rent equipment together", "A joint showreel")},
        "approval", ("fr", "nl"), "brussels", ("J", "2654.1", "2654.3", "3521.1", "3521.2"),
    ),
    DemoNetwork(
        "film-brussels",
        "profession",
        {"nl": "Filmmakers Brussel", "fr": "Cinéastes de Bruxelles", "en": "Film makers Brussels"},
        {"nl": "Scenario's lezen, budgetten vergelijken en samen een zaal vinden.",
         "fr": "Relire des scénarios, comparer les budgets et trouver une salle ensemble.",
         "en": "Read scripts, compare budgets and find a theatre together."},
        {"nl": "Minstens 10 vennoten met dit hoofdberoep.",
         "fr": "Au moins 10 sociétaires dont c'est le métier principal.",
         "en": "At least 10 members with this main profession."},
        "quantitative",
        {"nl": ("Elke maand een kijkavond", "Een modelcontract"),
         "fr": ("Une projection par mois", "Un contrat type"),
         "en": ("A screening each month", "A model contract")},
        "open", ("fr", "nl"), "brussels", ("2654.1",),
    ),
    DemoNetwork(
        "graphic-design",
        "profession",
        {"nl": "Grafische vormgeving", "fr": "Graphisme", "en": "Graphic design"},
        {"nl": "Werk tonen, prijzen vergelijken en samen drukwerk bestellen.",
         "fr": "Montrer son travail, comparer les prix et commander des impressions ensemble.",
         "en": "Show work, compare prices and order print together."},
        {"nl": "Minstens 25 vennoten met dit hoofdberoep.",
         "fr": "Au moins 25 sociétaires dont c'est le métier principal.",
         "en": "At least 25 members with this main profession."},
        "quantitative",
        {"nl": ("Groepsaankoop van papier", "Elke maand een kritiekavond"),
         "fr": ("Achat groupé de papier", "Une soirée critique par mois"),
         "en": ("A group purchase of paper", "A critique evening each month")},
        "open", ("fr", "nl", "en"), "", ("2166.1", "2651.4", "7321.1", "7322.1"),
    ),
    DemoNetwork(
        "eco-building",
        "sector",
        {"nl": "Ecologisch bouwen", "fr": "Écoconstruction", "en": "Ecological building"},
        {"nl": "Werven verdelen en materialen hergebruiken.",
         "fr": "Se répartir les chantiers et réemployer les matériaux.",
         "en": "Divide building sites and reuse materials."},
        {"nl": "Strategisch: renovatie is een prioriteit van de regio.",
         "fr": "Stratégique : la rénovation est une priorité de la région.",
         "en": "Strategic: renovation is a priority of the region."},
        "strategic",
        {"nl": ("Een gedeelde voorraad leem en kalk", "Samen offertes maken"),
         "fr": ("Un stock commun d'argile et de chaux", "Répondre ensemble aux appels d'offres"),
         "en": ("A shared stock of clay and lime", "Joint quotations")},
        "approval", ("fr",), "wallonia", ("F", "2161.1", "7115.1", "7123.1"),
    ),
    DemoNetwork(
        "food",
        "sector",
        {"nl": "Voeding en horeca", "fr": "Alimentation et horeca", "en": "Food and hospitality"},
        {"nl": "Van boer tot bord in korte keten, met elkaars producten.",
         "fr": "Du champ à l'assiette en circuit court, avec les produits des autres sociétaires.",
         "en": "From farm to plate in a short chain, with each other's products."},
        {"nl": "Strategisch: korte keten staat in het plan van de coöperatie.",
         "fr": "Stratégique : le circuit court figure au plan de la coopérative.",
         "en": "Strategic: short supply chains are in the cooperative's plan."},
        "strategic",
        {"nl": ("Samen inkopen bij boeren", "Een keuken delen"),
         "fr": ("Acheter ensemble aux producteurs", "Partager une cuisine"),
         "en": ("Buy from farmers together", "Share a kitchen")},
        "open", ("fr", "nl"), "brussels", ("I", "3434.1", "5120.2", "7512.1", "6111.1"),
    ),
    DemoNetwork(
        "cycle-logistics",
        "profession",
        {"nl": "Fietskoeriers", "fr": "Coursier·ères à vélo", "en": "Cycling couriers"},
        {"nl": "Ritten doorgeven, bakfietsen delen en veilig werken.",
         "fr": "Se passer des courses, partager les vélos-cargos et travailler en sécurité.",
         "en": "Pass on rides, share cargo bikes and work safely."},
        {"nl": "Samen minstens 200.000 euro omzet per jaar.",
         "fr": "Ensemble, au moins 200 000 euros de chiffre d'affaires par an.",
         "en": "Together at least 200,000 euros of turnover a year."},
        "quantitative",
        {"nl": ("Een gezamenlijke verzekering", "Een depot in elke stad"),
         "fr": ("Une assurance commune", "Un dépôt dans chaque ville"),
         "en": ("A joint insurance", "A depot in every city")},
        "invitation", ("fr", "nl", "en"), "", ("9621.1", "9331.1", "7234.1"),
    ),
    DemoNetwork(
        "training",
        "profession",
        {"nl": "Opleiding en facilitatie", "fr": "Formation et facilitation",
         "en": "Training and facilitation"},
        {"nl": "Methodes uitwisselen en elkaar als duo versterken.",
         "fr": "Échanger des méthodes et se renforcer en duo.",
         "en": "Exchange methods and strengthen each other as a pair."},
        {"nl": "Minstens 20 vennoten met dit hoofdberoep.",
         "fr": "Au moins 20 sociétaires dont c'est le métier principal.",
         "en": "At least 20 members with this main profession."},
        "quantitative",
        {"nl": ("Intervisie om de zes weken", "Een gedeelde zaal"),
         "fr": ("Une intervision toutes les six semaines", "Une salle partagée"),
         "en": ("Peer review every six weeks", "A shared room")},
        "open", ("nl", "fr", "en"), "", ("Q", "2424.1", "2424.2", "2423.2"),
    ),
    DemoNetwork(
        "sharing",
        "other",
        {"nl": "Delen en lenen", "fr": "Partage et prêt", "en": "Sharing and lending"},
        {"nl": "Gereedschap, ateliers en wagens delen in plaats van kopen.",
         "fr": "Partager outils, ateliers et véhicules au lieu de les acheter.",
         "en": "Share tools, studios and vehicles instead of buying them."},
        {"nl": "Strategisch: gebruik gaat voor op bezit in het handvest.",
         "fr": "Stratégique : la charte préfère l'usage à la propriété.",
         "en": "Strategic: the charter prefers access over ownership."},
        "strategic",
        {"nl": ("Een lijst van wat er te leen is", "Herstelmiddag elk seizoen"),
         "fr": ("Une liste de ce qui se prête", "Un atelier réparation chaque saison"),
         "en": ("A list of what can be borrowed", "A repair afternoon every season")},
        "open", ("nl", "fr", "en"), "", (),
    ),
)  # fmt: skip

_REGIONS: Final = {
    "brussels": "BE", "flanders": "BE", "wallonia": "BE", "hauts-de-france": "FR",
    "noord-holland": "NL", "berlin": "DE",
}  # fmt: skip

# Login, language, name; professions, sectors, skills; city, postcode, region; languages, stage,
# open to,
# turnover; text; networks (those that the person animates with a star); further words: hidden (not
# findable), quiet (neither surveys nor introductions), staff, buyer, ethics.
_CAST: Final[tuple[tuple[str, ...], ...]] = (
    ("anna", "nl", "Anna Verhulst", "2643.1;2643.3", "N", "juridische teksten;contracten;FR-NL;EN-NL",
     "Gent", "9000", "flanders", "nl;fr;en", "established", "collaborate;mentor;questions", "41500",
     ("Beëdigd vertaler Frans en Engels. Contracten, statuten en af en toe een goede roman. Ik lees graag na "
     "voor collega's die beginnen."), "translators* sharing", ""),
    ("bilal", "fr", "Bilal Benmoussa", "2654.1;3521.1", "J", "documentaire;captation;Premiere Pro",
     "Molenbeek-Saint-Jean", "1080", "brussels", "fr;ar;nl", "growing",
     "collaborate;lend;introductions", "28300",
     ("Vidéaste. Je filme des associations, des quartiers et des gens qui réparent des choses. Ma caméra "
     "se loue à prix d'ami."), "audiovisual-brussels* film-brussels* sharing", ""),
    ("chloe", "fr", "Chloé Delcourt", "2166.1;2651.4", "N", "affiches;risographie;mise en page de livres",
     "Liège", "4000", "wallonia", "fr;en", "established", "collaborate;questions;introductions", "33900",
     ("Graphiste et illustratrice, un pied dans l'édition jeunesse. J'imprime en riso dans un atelier "
     "partagé près de la gare."), "graphic-design* sharing", ""),
    ("dries", "nl", "Dries Coppens", "2643.2;2643.1", "N", "simultaan;medisch;EN-NL;ES-NL", "Gent", "9050",
     "flanders", "nl;en;es", "growing", "collaborate;introductions", "36200",
     "Conferentietolk en vertaler. Zorg, arbeid en migratie zijn mijn domeinen. In het weekend bak ik brood.",
     "translators food", ""),
    ("elif", "nl", "Elif Yıldız", "3434.1;5120.2", "I", "vegetarisch;grote groepen;seizoenskeuken", "Gent",
     "9000", "flanders", "nl;tr;en", "growing", "collaborate;mentor", "58700",
     ("Chef met een mobiele keuken. Feesten, festivals en lunches voor vzw's, altijd met groenten van "
     "boeren die ik ken."), "food* sharing", ""),
    ("farid", "fr", "Farid Haddad", "9621.1;9331.1", "H", "vélo cargo;dernier kilomètre;fleurs", "Bruxelles",
     "1000", "brussels", "fr;nl;ar", "established", "collaborate;mentor;lend", "24100",
     ("Coursier à vélo depuis dix ans. Livraisons de repas, de fleurs et de colis fragiles. Je forme les "
     "nouveaux à la circulation."), "cycle-logistics* sharing", ""),
    ("grace", "en", "Grace Mbuyi", "2424.2;2424.1", "Q", "facilitation;sociocracy;large groups", "Brussels",
     "1060", "brussels", "en;fr;sw", "established", "collaborate;mentor;questions;introductions", "47000",
     ("Facilitator of difficult conversations. I help cooperatives and city councils decide together, in "
     "English and in French."), "training", ""),
    ("hugo", "fr", "Hugo Charlier", "7115.1;7522.1", "F", "construction bois;matériaux de réemploi;charpente",
     "Namur", "5000", "wallonia", "fr;de", "established", "collaborate;lend;be_mentored", "62400",
     ("Menuisier-charpentier. Ossature bois, portes anciennes et cuisines en bois de réemploi. Ma "
     "dégauchisseuse est à partager."), "eco-building* sharing", ""),
    ("ines", "fr", "Inês Moreira", "7123.1", "F", "enduits à l'argile;chaux;rénovation", "Charleroi", "6000",
     "wallonia", "fr;pt;es", "growing", "collaborate;questions", "30800",
     "Plafonneuse spécialisée dans les enduits naturels. Argile locale, chaux, et beaucoup de patience.",
     "eco-building", ""),
    ("joke", "nl", "Joke Vandenberghe", "2513.1;2512.1", "K", "Python;toegankelijkheid;open source", "Leuven",
     "3000", "flanders", "nl;en", "established", "mentor;questions;introductions", "71500",
     ("Webontwikkelaar. Ik maak sites die ook werken zonder muis en zonder haast, vooral voor scholen en "
     "verenigingen."), "graphic-design training", ""),
    ("karim", "fr", "Karim Lahlou", "3521.2;3521.3", "J", "mixage;prise de son en extérieur;podcast",
     "Bruxelles", "1030", "brussels", "fr;en;ar", "starting", "collaborate;be_mentored;introductions",
     "9200", "Ingénieur du son fraîchement installé. Podcasts, documentaires et concerts acoustiques.",
     "audiovisual-brussels", ""),
    ("lotte", "nl", "Lotte Wouters", "2654.3;2166.2", "J", "montage;DaVinci Resolve;After Effects",
     "Antwerpen", "2060", "flanders", "nl;en;fr", "established", "collaborate;questions", "39700",
     "Filmmonteur en motion designer. Ik snij documentaires en maak soms een cijfer zichtbaar.",
     "audiovisual-brussels film-brussels graphic-design", ""),
    ("mehdi", "fr", "Mehdi Ouali", "7234.1", "T", "vélos cargo;vélos électriques;seconde main", "Bruxelles",
     "1070", "brussels", "fr;nl;ar", "growing", "collaborate;lend;mentor", "45600",
     "Mécanicien vélo, atelier ouvert à Anderlecht. Je répare, je loue et j'apprends à réparer.",
     "cycle-logistics sharing*", "buyer"),
    ("nadia", "nl", "Nadia Petrov", "2423.2;2424.1", "O", "loopbaanbegeleiding;geweldloze communicatie",
     "Mechelen", "2800", "flanders", "nl;ru;en", "established", "mentor;introductions", "34400",
     "Loopbaancoach voor wie van job of van leven verandert. Wandelend door het bos, als het kan.",
     "training*", "ethics"),
    ("omar", "fr", "Omar Diallo", "6111.1;2132.1", "A", "culture biologique;compost;circuit court", "Wavre",
     "1300", "wallonia", "fr;en", "growing", "collaborate;lend", "27800",
     "Maraîcher sur deux hectares, paniers et restaurants. J'accompagne aussi des potagers d'entreprise.",
     "food eco-building", ""),
    ("paula", "en", "Paula Jiménez", "3431.1;3431.2", "N", "portrait;reportage;analogue", "Ixelles", "1050",
     "brussels", "en;es;fr", "growing", "collaborate;introductions;questions", "22600",
     "Photographer. Portraits of people at work, festivals and the quiet hours after them.",
     "audiovisual-brussels graphic-design", ""),
    ("quentin", "fr", "Quentin Thiry", "2411.1;2421.3", "N", "plans d'affaires;budget;coopératives", "Mons",
     "7000", "wallonia", "fr;nl", "established", "mentor;questions", "54900",
     "Expert-comptable passé du côté des coopératives. Je travaille à la centrale d'achat des sociétaires.",
     "sharing", "buyer quiet"),
    ("rosa", "fr", "Rosa Colombo", "2652.2;2354.1", "S", "jazz;chorale;improvisation", "Tournai", "7500",
     "wallonia", "fr;it;en", "transition", "collaborate;mentor", "18300",
     "Chanteuse et professeure de chant. Je cherche à passer des concerts aux ateliers en entreprise.",
     "training", ""),
    ("stijn", "nl", "Stijn Goossens", "2431.2;2432.1", "N", "campagnes;nieuwsbrieven;SEO", "Kortrijk", "8500",
     "flanders", "nl;fr;en", "growing", "collaborate;be_mentored;introductions", "29900",
     "Digitale marketeer voor de sociale economie. Kleine budgetten, eerlijke cijfers.",
     "graphic-design training", ""),
    ("thomas", "en", "Thomas Weber", "2166.3;2513.2", "K", "Figma;user research;prototypes", "Berlin",
     "10115", "berlin", "de;en", "established", "collaborate;questions;introductions", "66300",
     "UX designer for public services. I moved from Ghent to Berlin and still work with both.",
     "graphic-design", ""),
    ("ulrike", "nl", "Ulrike Hofer", "2643.1;2641.1", "N", "literair;DE-NL;redactie", "Amsterdam", "1012 AB",
     "noord-holland", "nl;de;en", "retiring", "mentor;lend;questions", "15700",
     "Literair vertaler uit het Duits. Ik bouw af en geef mijn woordenboeken graag door.", "translators",
     ""),
    ("valerie", "fr", "Valérie Lejeune", "2421.2;2424.2", "N", "coordination;participation;budget",
     "Bruxelles", "1060", "brussels", "fr;nl;en", "established", "questions;mentor", "",
     "Je coordonne la vie des réseaux pour la coopérative et réponds aux questions des sociétaires.",
     "training sharing", "staff"),
    ("wim", "nl", "Wim Baert", "2421.1;2632.1", "N", "evaluatie;interviews;bestuur", "Brussel", "1000",
     "brussels", "nl;fr;en", "established", "questions", "",
     "Onderzoeker en organisatieadviseur. Binnen de coöperatie volg ik de impactmeting.", "", "staff buyer"),
    ("xavier", "fr", "Xavier Piron", "7512.1", "C;I", "levain;bio;pâtisserie", "Liège", "4000",
     "wallonia", "fr;nl", "growing", "collaborate;questions", "32100",
     "Boulanger. Pains au levain et farines de la vallée ; j'ouvre mon four à d'autres le mardi.", "food",
     "ethics"),
    ("yasmina", "fr", "Yasmina Saïdi", "2634.1;2635.2", "R", "écoute;médiation;burn-out", "Lille", "59000",
     "hauts-de-france", "fr;ar;en", "starting", "", "11800",
     "Psychologue et médiatrice. Je préfère qu'on me connaisse par le bouche-à-oreille.", "training",
     "hidden quiet"),
)  # fmt: skip


def demo_members(homeserver: str) -> list[DemoMember]:
    """Return the 25 members of the demonstration, with accounts `@anna:homeserver` and so on."""
    return [_member(number, line, homeserver) for number, line in enumerate(_CAST, start=1)]


def _member(number: int, line: tuple[str, ...], homeserver: str) -> DemoMember:
    (login, language, name, professions, sectors, skills, city, postcode, region, languages, stage,
     open_to, turnover, about, networks, words) = line  # fmt: skip
    slugs = networks.split()
    marks = set(words.split())
    row = RegisterRow(
        member_number=f"D{number:06d}",
        matrix_id=f"@{login}:{homeserver}",
        display_name=name,
        professions=professions,
        sectors=sectors,
        skills=skills,
        city=city,
        postcode=postcode,
        region=region,
        country=_REGIONS[region],
        languages=languages,
        about=about,
        links=f"https://{login}.example.org",
        stage=stage,
        open_to=open_to,
        turnover=turnover,
    )
    roles: dict[str, Role] = {"staff": "staff", "buyer": "buyer", "ethics": "ethics"}
    return DemoMember(
        login=login,
        language=language,
        row=row,
        findable="hidden" not in marks,
        surveys="quiet" not in marks,
        introductions="introductions" in open_to.split(";") and "quiet" not in marks,
        networks=tuple(slug.rstrip("*") for slug in slugs),
        animates=tuple(slug.rstrip("*") for slug in slugs if slug.endswith("*")),
        roles=frozenset(role for mark, role in roles.items() if mark in marks),
    )
