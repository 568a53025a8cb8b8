"""The raw material of the sample register: names, cities, skills and sentences. All people made from it are
invented; how they are drawn is `register`'s business."""

from typing import Final

# Given names and family names that go together, with the weight of the group.
NAMES: Final[tuple[tuple[int, str, str], ...]] = (
    (
        22,
        ("Anneleen Bart Brecht Dries Eline Elke Femke Geert Hanne Inge Jef Joke Katrien Koen Lies "
         "Lotte Maarten Marijke Nele Pieter Ruben Saskia Sofie Stijn Tine Tom Veerle Wannes Wim "
         "Wout"),
        ("Aerts Baert Bogaerts Claes Coppens De Backer De Clercq De Smet De Wilde Geerts Goossens "
         "Hermans Janssens Lambrechts Maes Mertens Michiels Peeters Pauwels Segers Smets "
         "Thijs Van Damme Van den Broeck Vandenberghe Van Hove Vermeulen Verhaegen Wouters "
         "Willems"),
    ),
    (
        24,
        ("Adèle Antoine Aurélie Baptiste Benoît Camille Céline Chloé Clément Delphine Élodie "
         "Émile Florence Guillaume Hélène Hugo Jeanne Julien Laure Léa Louis Margaux Mathilde "
         "Maxime Nathalie Noémie Olivier Pauline Quentin Sébastien Valérie Xavier"),
        ("Adam Bertrand Charlier Collard Collignon Delcourt Delvaux Denis Dubois Dumont Dupont "
         "Evrard Fontaine François Gérard Gilson Henry Jacquemin Lacroix Lambert Legrand Lejeune "
         "Leroy Marchal Masson Noël Piron Renard Simon Thiry Toussaint Wauters"),
    ),
    (
        14,
        ("Amina Anissa Bilal Dounia Farid Fatima Hakim Hicham Ilham Imane Karim Khadija Leïla "
         "Mehdi Mounir Nadia Naïma Nora Omar Rachid Salma Samir Sofia Soufiane Yasmina Youssef "
         "Zineb"),
        ("Aït-Ali Amrani Azzouzi Belkacem Benali Benmoussa Bouazza Bouchra Chakir El Amrani El "
         "Idrissi El Khattabi Fassi Haddad Hamdaoui Idrissi Kaddour Lahlou Mansouri Ouali Saïdi "
         "Tazi Zerrouki"),
    ),
    (
        6,
        ("Ayşe Cem Deniz Elif Emre Esra Hakan Kerem Leyla Mehmet Murat Nilüfer Selin Yusuf Zeynep"),
        ("Arslan Aydın Çelik Demir Doğan Güneş Kaya Koç Öztürk Şahin Yıldız Yılmaz"),
    ),
    (
        7,
        ("Aimée Béatrice Cédric Christelle Dieudonné Espérance Fiston Grâce Jonathan Kevin "
         "Merveille Mireille Patrick Prisca Ruth Serge Trésor"),
        ("Bakala Ilunga Kabongo Kalala Kasongo Kayembe Lukusa Mbala Mbuyi Mukendi Mutombo Ndiaye "
         "Nkosi Nsengimana Tshibangu Uwimana"),
    ),
    (
        8,
        ("Agnieszka Andrei Bogdan Elena Ewa Ioana Irina Jan Katarzyna Magda Marta Mihai Oksana "
         "Piotr Radu Svetlana Tomasz Vesna Zoran"),
        ("Bondarenko Dimitrova Dragomir Ionescu Jovanović Kovač Kowalska Marinescu Nowak Petrov "
         "Popescu Shevchenko Stanescu Wiśniewski Zielińska"),
    ),
    (
        9,
        ("Alejandra Beatriz Bruno Carmen Catarina Diego Inês João Joana Lucía Luis Mariana Miguel "
         "Nuno Paula Pilar Rafael Rosa Sergio Tiago"),
        ("Almeida Cardoso Castillo Costa Fernández Ferreira García Gutiérrez Jiménez Lopes "
         "Martínez Morales Moreira Ortega Pereira Ramírez Ribeiro Santos Silva Torres"),
    ),
    (
        7,
        ("Alessandra Andrea Chiara Davide Elisa Federica Francesco Giulia Lorenzo Luca Marco "
         "Matteo Paola Silvia Stefano Valentina"),
        ("Bianchi Caruso Colombo Conti De Luca Esposito Ferrari Gallo Greco Lombardi Mancini "
         "Marino Ricci Romano Rizzo Serra"),
    ),
    (
        3,
        ("Anjali Hiroshi Huong Jin Kavita Linh Mei Minh Priya Rajesh Sunita Wei Yuki"),
        ("Chen Gurung Kaur Kim Lin Nguyen Patel Pham Sato Sharma Singh Tran Wang Zhang"),
    ),
    (
        6,
        ("Anders Astrid Clara Erik Freja Hanna Ingrid Jonas Katharina Lars Lukas Maja Nina Oliver "
         "Sven Ulrike"),
        ("Andersson Bauer Bergström Fischer Hansen Hofer Jensen Keller Lindqvist Madsen Nielsen "
         "Schmidt Schneider Svensson Wagner Weber"),
    ),
    (
        4,
        ("Aisling Callum Emma Fiona Grace Harriet Jack Niamh Oscar Rory Sinéad Thomas"),
        ("Baker Clarke Doyle Evans Hughes Kelly Murphy Taylor Walker Wilson"),
    ),
)  # fmt: skip

# Key in the table of places, a postcode there, weight, and the languages people speak first with weights.
CITIES: Final[tuple[tuple[str, str, int, str], ...]] = (
    ("be-brussels", "1000", 230, "fr fr fr nl en"), ("be-schaerbeek", "1030", 90, "fr fr fr nl en"),
    ("be-ixelles", "1050", 110, "fr fr fr en"), ("be-saint-gilles", "1060", 100, "fr fr fr en nl"),
    ("be-molenbeek", "1080", 50, "fr fr nl"), ("be-anderlecht", "1070", 45, "fr fr nl"),
    ("be-uccle", "1180", 40, "fr fr fr en"), ("be-forest", "1190", 55, "fr fr fr nl"),
    ("be-etterbeek", "1040", 35, "fr fr en"), ("be-jette", "1090", 25, "fr fr nl"),
    ("be-laeken", "1020", 25, "fr fr nl"), ("be-ghent", "9000", 130, "nl nl nl nl en"),
    ("be-antwerp", "2000", 110, "nl nl nl nl en"), ("be-leuven", "3000", 45, "nl nl nl en"),
    ("be-mechelen", "2800", 30, "nl"), ("be-bruges", "8000", 22, "nl"),
    ("be-kortrijk", "8500", 16, "nl nl nl fr"), ("be-ostend", "8400", 14, "nl"),
    ("be-hasselt", "3500", 12, "nl"), ("be-genk", "3600", 6, "nl"), ("be-aalst", "9300", 9, "nl"),
    ("be-sint-niklaas", "9100", 7, "nl"), ("be-roeselare", "8800", 5, "nl"),
    ("be-turnhout", "2300", 6, "nl"), ("be-vilvoorde", "1800", 7, "nl nl fr"),
    ("be-liege", "4000", 105, "fr"), ("be-namur", "5000", 48, "fr"),
    ("be-charleroi", "6000", 40, "fr"), ("be-mons", "7000", 34, "fr"),
    ("be-tournai", "7500", 18, "fr"), ("be-louvain-la-neuve", "1348", 28, "fr fr fr en"),
    ("be-verviers", "4800", 12, "fr"), ("be-la-louviere", "7100", 9, "fr"),
    ("be-wavre", "1300", 10, "fr"), ("be-nivelles", "1400", 9, "fr"), ("be-huy", "4500", 6, "fr"),
    ("be-arlon", "6700", 6, "fr"), ("be-dinant", "5500", 4, "fr"), ("be-eupen", "4700", 4, "fr"),
    ("fr-lille", "59000", 42, "fr"), ("fr-paris", "75011", 40, "fr fr fr en"),
    ("fr-roubaix", "59100", 12, "fr"), ("fr-montreuil", "93100", 10, "fr"),
    ("fr-lyon", "69001", 10, "fr"), ("fr-marseille", "13001", 7, "fr"),
    ("nl-amsterdam", "1012 AB", 16, "nl nl nl en"), ("nl-rotterdam", "3011 AA", 12, "nl nl en"),
    ("nl-utrecht", "3511 AA", 7, "nl"), ("lu-luxembourg", "1111", 10, "fr fr en"),
    ("de-berlin", "10115", 12, "en"), ("at-vienna", "1010", 8, "en"),
    ("es-barcelona", "08001", 7, "en fr"), ("it-milan", "20121", 5, "en"),
    ("se-stockholm", "111 20", 6, "en"), ("dk-copenhagen", "1050", 5, "en"),
)  # fmt: skip

# How many members work in a sector, compared with the others, for each profession of it.
SECTOR_WEIGHTS: Final = {
    "J": 9.0, "S": 8.0, "N": 4.5, "K": 4.0, "Q": 4.5, "R": 2.2, "C": 1.8, "F": 1.4, "I": 2.6, "O": 1.8,
    "T": 1.4, "H": 2.4, "G": 1.2, "A": 0.9, "M": 0.3, "L": 0.2, "U": 0.4,
}  # fmt: skip
PROFESSION_WEIGHTS: Final = {
    "2654.1": 3.0, "2652.1": 4.0, "2655.1": 3.0, "2651.1": 2.5, "2166.1": 3.0, "3431.1": 3.0,
    "2643.1": 3.0, "2432.1": 2.0, "2424.1": 2.5, "9621.1": 3.0, "2513.1": 2.0, "3435.3": 2.0,
    "2423.2": 2.0, "2250.1": 0.1, "2611.1": 0.1, "2411.1": 0.1, "2120.1": 0.2, "1219.1": 0.2,
    "5161.1": 0.2, "3339.2": 0.1, "3435.7": 0.3, "3521.4": 0.3, "3521.6": 0.3, "2656.1": 0.6,
    "2659.3": 0.5, "2633.1": 0.2, "3315.1": 0.2, "2659.5": 0.4, "3435.8": 0.3,
}  # fmt: skip

# Skills by the beginning of the profession's code (the longest that fits): English, Dutch, French.
SKILLS: Final[dict[str, tuple[str, ...]]] = {
    "2": (
        "research|onderzoek|recherche", "advice|advies|conseil",
        "coordination|coördinatie|coordination", "reporting|rapporteren|rédaction de rapports",
        "workshops|workshops|ateliers",
    ),
    "1": (
        "leadership|leidinggeven|direction d'équipe", "budgets|budgetten|budgets",
        "strategy|strategie|stratégie", "governance|bestuur|gouvernance",
        "planning|planning|planification",
    ),
    "3": (
        "planning|planning|planification", "advice|advies|conseil", "reporting|verslagen|rapports",
        "customer contact|klantcontact|contact clients", "quality|kwaliteit|qualité",
    ),
    "4": (
        "spreadsheets|rekenbladen|tableurs", "filing|klasseren|classement",
        "agenda|agendabeheer|gestion d'agenda", "invoicing|facturatie|facturation",
        "correspondence|briefwisseling|correspondance",
    ),
    "5": (
        "hospitality|gastvrijheid|accueil", "planning|planning|organisation",
        "stock|voorraad|stocks", "teamwork|teamwerk|travail d'équipe",
        "customer care|klantenzorg|service client",
    ),
    "6": (
        "organic growing|biologische teelt|culture biologique", "pruning|snoeien|taille",
        "compost|compost|compost", "short supply chain|korte keten|circuit court",
        "biodiversity|biodiversiteit|biodiversité",
    ),
    "7": (
        "made to measure|maatwerk|sur mesure", "repair|herstelling|réparation",
        "reclaimed materials|hergebruikte materialen|matériaux de réemploi",
        "restoration|restauratie|restauration", "site visits|plaatsbezoek|visites de chantier",
    ),
    "8": (
        "route planning|routeplanning|planification d'itinéraires", "safety|veiligheid|sécurité",
        "maintenance|onderhoud|entretien", "night shifts|nachtwerk|travail de nuit",
    ),
    "9": (
        "punctuality|stiptheid|ponctualité", "city knowledge|stadskennis|connaissance de la ville",
        "heavy loads|zware lasten|charges lourdes",
        "ecological products|ecologische producten|produits écologiques",
        "planning|planning|planification",
    ),
    "2654": (
        "documentary|documentaire|documentaire", "Premiere Pro|Premiere Pro|Premiere Pro",
        "fiction|fictie|fiction", "DaVinci Resolve|DaVinci Resolve|DaVinci Resolve",
        "short film|kortfilm|court métrage", "interviews|interviews|interviews",
        "live capture|livecaptatie|captation",
    ),
    "3521": (
        "mixing|mixen|mixage", "boom|hengelen|perche", "Pro Tools|Pro Tools|Pro Tools",
        "live streaming|livestream|diffusion en direct", "radio|radio|radio",
        "field recording|veldopnames|prise de son en extérieur", "steadicam|steadicam|steadicam",
    ),
    "2651": (
        "watercolour|aquarel|aquarelle", "oil painting|olieverf|huile",
        "linocut|linosnede|linogravure", "exhibitions|tentoonstellingen|expositions",
        "murals|muurschilderingen|fresques murales", "picture books|prentenboeken|albums jeunesse",
        "life drawing|modeltekenen|modèle vivant",
    ),
    "2652": (
        "jazz|jazz|jazz", "choir|koor|chorale", "arranging|arrangeren|arrangement",
        "film music|filmmuziek|musique de film", "improvisation|improvisatie|improvisation",
        "accordion|accordeon|accordéon", "percussion|percussie|percussions",
        "Ableton|Ableton|Ableton",
    ),
    "2653": (
        "contemporary dance|hedendaagse dans|danse contemporaine", "hip-hop|hiphop|hip-hop",
        "movement coaching|bewegingscoaching|coaching corporel",
        "contact improvisation|contactimprovisatie|contact improvisation",
        "residencies|residenties|résidences",
    ),
    "2655": (
        "improvisation|improvisatie|improvisation", "voice-over|voice-over|voix off",
        "youth theatre|jeugdtheater|théâtre jeune public",
        "physical theatre|fysiek theater|théâtre physique",
        "camera acting|camera-acteren|jeu face caméra",
    ),
    "2659": (
        "street theatre|straattheater|théâtre de rue", "acrobatics|acrobatie|acrobatie",
        "juggling|jongleren|jonglerie", "stage presence|podiumprésence|présence scénique",
        "humour|humor|humour",
    ),
    "3431": (
        "portrait|portret|portrait", "reportage|reportage|reportage",
        "product photography|productfotografie|photo de produits", "Lightroom|Lightroom|Lightroom",
        "analogue|analoog|argentique", "architecture|architectuur|architecture",
        "events|evenementen|événements",
    ),
    "3435": (
        "rigging|rigging|accroche", "QLab|QLab|QLab", "lighting desk|lichttafel|console lumière",
        "touring|op tournee|tournées", "set building|decorbouw|construction de décors",
        "safety|veiligheid|sécurité",
    ),
    "3432": (
        "stage models|maquettes|maquettes", "colour advice|kleuradvies|conseil en couleurs",
        "SketchUp|SketchUp|SketchUp", "reuse|hergebruik|réemploi", "lighting|verlichting|éclairage",
    ),
    "2641": (
        "storytelling|verhalen|narration", "editing|redactie|relecture", "poetry|poëzie|poésie",
        "web texts|webteksten|textes web", "interviews|interviews|interviews",
        "brand voice|merkstem|ton de marque", "press releases|persberichten|communiqués",
    ),
    "2642": (
        "investigation|onderzoeksjournalistiek|enquête", "radio|radio|radio",
        "culture|cultuur|culture", "long reads|longreads|grands reportages",
        "fact checking|factchecken|vérification des faits",
    ),
    "2643": (
        "legal texts|juridische teksten|textes juridiques", "literary|literair|littéraire",
        "medical|medisch|médical", "subtitles|ondertitels|sous-titres",
        "post-editing|post-editing|post-édition", "NL-FR|NL-FR|NL-FR", "EN-NL|EN-NL|EN-NL",
        "FR-EN|FR-EN|FR-EN", "simultaneous|simultaan|simultané",
        "terminology|terminologie|terminologie", "Arabic|Arabisch|arabe",
        "contracts|contracten|contrats",
    ),
    "2166": (
        "InDesign|InDesign|InDesign", "logos|logo's|logos", "posters|affiches|affiches",
        "book design|boekvormgeving|mise en page de livres", "Figma|Figma|Figma",
        "After Effects|After Effects|After Effects", "branding|huisstijl|identité visuelle",
        "risography|risografie|risographie",
    ),
    "2163": (
        "prototypes|prototypes|prototypes", "upcycling|upcycling|upcycling",
        "pattern design|patronen|patronage",
        "sustainable textiles|duurzaam textiel|textiles durables",
        "3D printing|3D-print|impression 3D",
    ),
    "243": (
        "campaigns|campagnes|campagnes", "newsletters|nieuwsbrieven|newsletters", "SEO|SEO|SEO",
        "brand strategy|merkstrategie|stratégie de marque",
        "press relations|perscontacten|relations presse",
        "crowdfunding|crowdfunding|financement participatif", "Instagram|Instagram|Instagram",
    ),
    "251": (
        "Python|Python|Python", "TypeScript|TypeScript|TypeScript",
        "accessibility|toegankelijkheid|accessibilité", "WordPress|WordPress|WordPress",
        "open source|open source|logiciel libre", "data analysis|data-analyse|analyse de données",
        "React|React|React", "prototypes|prototypes|prototypes",
    ),
    "252": (
        "Linux|Linux|Linux", "PostgreSQL|PostgreSQL|PostgreSQL", "backups|back-ups|sauvegardes",
        "security audits|beveiligingsaudits|audits de sécurité", "Kubernetes|Kubernetes|Kubernetes",
    ),
    "235": (
        "adult education|volwassenenonderwijs|formation d'adultes", "children|kinderen|enfants",
        "e-learning|e-learning|e-learning",
        "Dutch for beginners|Nederlands voor beginners|français langue étrangère",
        "group lessons|groepslessen|cours collectifs", "online lessons|onlinelessen|cours en ligne",
    ),
    "242": (
        "facilitation|facilitatie|facilitation", "sociocracy|sociocratie|sociocratie",
        "career guidance|loopbaanbegeleiding|orientation professionnelle",
        "non-violent communication|geweldloze communicatie|communication non violente",
        "team coaching|teamcoaching|coaching d'équipe", "change|verandering|changement",
        "business plans|businessplannen|plans d'affaires",
    ),
    "216": (
        "permits|vergunningen|permis", "timber building|houtbouw|construction bois", "BIM|BIM|BIM",
        "renovation|renovatie|rénovation", "participation|participatie|participation citoyenne",
    ),
    "213": (
        "carbon footprint|koolstofvoetafdruk|bilan carbone",
        "circular economy|circulaire economie|économie circulaire",
        "biodiversity|biodiversiteit|biodiversité", "permaculture|permacultuur|permaculture",
    ),
    "22": (
        "home visits|huisbezoeken|visites à domicile", "prevention|preventie|prévention",
        "listening|luisteren|écoute", "group sessions|groepssessies|séances de groupe",
        "sports injuries|sportblessures|blessures sportives",
    ),
    "263": (
        "listening|luisteren|écoute", "mediation|bemiddeling|médiation",
        "interviews|interviews|entretiens", "burnout|burn-out|burn-out",
        "evaluation|evaluatie|évaluation", "field work|veldwerk|enquêtes de terrain",
    ),
    "3332": (
        "logistics|logistiek|logistique", "artists|artiesten|artistes",
        "zero waste|zero waste|zéro déchet", "budget|budget|budget",
        "permits|vergunningen|autorisations", "volunteers|vrijwilligers|bénévoles",
    ),
    "512": (
        "vegetarian|vegetarisch|végétarien", "seasonal|seizoensgebonden|de saison",
        "buffets|buffetten|buffets", "Lebanese cuisine|Libanese keuken|cuisine libanaise",
        "zero waste|zero waste|zéro déchet",
    ),
    "343": (
        "vegan|vegan|végan", "seasonal|seizoenskeuken|de saison",
        "private dinners|privédiners|dîners privés",
        "cooking classes|kookworkshops|cours de cuisine",
        "large groups|grote groepen|grands groupes",
    ),
    "751": (
        "sourdough|zuurdesem|levain", "organic|biologisch|bio", "pastry|gebak|pâtisserie",
        "local products|streekproducten|produits locaux", "fermentation|fermentatie|fermentation",
    ),
    "7234": (
        "cargo bikes|bakfietsen|vélos cargo", "e-bikes|elektrische fietsen|vélos électriques",
        "wheel building|wielen spaken|montage de roues", "second-hand|tweedehands|seconde main",
    ),
    "9621": (
        "bike|fiets|vélo", "express|express|express", "meals|maaltijden|repas",
        "flowers|bloemen|fleurs", "small parcels|kleine pakjes|petits colis",
        "last mile|laatste kilometer|dernier kilomètre",
    ),
    "933": (
        "cargo bike|bakfiets|vélo cargo", "removals|verhuizingen|déménagements",
        "markets|markten|marchés", "heavy loads|zware lasten|charges lourdes",
        "last mile|laatste kilometer|dernier kilomètre",
    ),
}  # fmt: skip

LANGUAGES_BESIDES: Final = ("en", "en", "en", "fr", "nl", "de", "es", "it", "ar", "pt", "tr", "pl")

# First, middle and last sentences of the texts about oneself.
SENTENCES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "nl": (
        ("Ik ben {profession} in {city}, sinds {years} jaar.",
         "Zelfstandig {profession} met {years} jaar ervaring, uitvalsbasis {city}.",
         "Vanuit {city} werk ik als {profession} voor {clients}.",
         "Na {years} jaar in loondienst begon ik voor mezelf als {profession}.",
         "{profession_cap}, {city}. Mijn klanten: {clients}.",
         "Je vindt mij in {city}: ik ben {profession} en werk graag met {clients}."),
        ("Mijn sterke punten: {skill} en {skill2}.", "Ik doe vooral {skill}, soms ook {skill2}.",
         "Vraag mij gerust iets over {skill}.", "De laatste tijd verdiep ik me in {skill2}.",
         "{skill_cap} is mijn specialiteit.", "Ik combineer {skill} met {skill2}.",
         "Ook {skill} op kleine schaal, met aandacht voor wie minder budget heeft."),
        ("Ik zoek collega's om opdrachten mee te delen.", "Altijd te vinden voor een koffie.",
         "Ik deel graag mijn atelier.", "Beschikbaar vanaf {month}.",
         "Samenwerken met andere vennoten? Graag.", "Ik verplaats me met fiets en trein.",
         "Liefst projecten met een maatschappelijk doel.", ""),
    ),
    "fr": (
        ("{profession_cap} à {city} depuis {years} ans.",
         "Je travaille à {city} comme {profession}, surtout pour {clients}.",
         "{years} ans d'expérience comme {profession}, entre {city} et ailleurs.",
         "Après {years} ans de salariat, je me suis lancé·e comme {profession}.",
         "Mon métier : {profession}. Mes clients : {clients}.",
         "Basé·e à {city}, je collabore avec {clients} en tant que {profession}."),
        ("Mes points forts : {skill} et {skill2}.", "Au quotidien : {skill}, parfois {skill2}.",
         "Des questions ? {skill_cap}, je connais bien.", "En ce moment, j'explore : {skill2}.",
         "Ma spécialité : {skill}.", "J'aime combiner {skill} et {skill2}.",
         "{skill_cap}, aussi à petite échelle et avec une attention aux petits budgets."),
        ("Je cherche des collègues avec qui partager des missions.", "Toujours partant·e pour un café.",
         "Je partage volontiers mon atelier.", "Disponible à partir de {month}.",
         "Envie de collaborer avec d'autres sociétaires.", "Je me déplace à vélo et en train.",
         "De préférence des projets qui ont du sens.", ""),
    ),
    "en": (
        ("I have been a {profession} in {city} for {years} years.",
         "{profession_cap} based in {city}, working for {clients}.",
         "After {years} years as an employee I became a freelance {profession}.",
         "Freelance {profession}, {years} years of practice, mostly around {city}.",
         "I work as a {profession} with {clients}.",
         "You will find me in {city}, where I work as a {profession}."),
        ("My strong points: {skill} and {skill2}.", "Mostly {skill}, sometimes {skill2}.",
         "Ask me anything about {skill}.", "Lately I have been learning about {skill2}.",
         "{skill_cap} is what I do best.", "I combine {skill} with {skill2}.",
         "Also {skill} on a small scale, for those with less to spend."),
        ("Looking for colleagues to share assignments with.", "Always up for a coffee.",
         "Happy to share my studio.", "Available from {month}.",
         "I would like to work with other members.", "I travel by bike and train.",
         "Preferably projects with a social purpose.", ""),
    ),
}  # fmt: skip
CLIENTS: Final = {
    "nl": ("vzw's", "theaters", "scholen", "kleine bedrijven", "musea", "steden en gemeenten",
           "particulieren", "festivals", "uitgeverijen", "andere freelancers", "coöperaties"),
    "fr": ("des asbl", "des théâtres", "des écoles", "de petites entreprises", "des musées",
           "des communes", "des particuliers", "des festivals", "des maisons d'édition",
           "d'autres indépendants", "des coopératives"),
    "en": ("nonprofits", "theatres", "schools", "small companies", "museums", "city councils",
           "private clients", "festivals", "publishers", "other freelancers", "cooperatives"),
}  # fmt: skip
MONTHS: Final = {
    "nl": ("januari", "maart", "mei", "september", "oktober"),
    "fr": ("janvier", "mars", "mai", "septembre", "octobre"),
    "en": ("January", "March", "May", "September", "October"),
}
