"""The dialog in Latvian, the vendor's home language."""

from sandbox.eidas.authorization import PageError
from sandbox.eidas.methods import Method
from sandbox.pages.words import Translation


def is_singular(count: int) -> bool:
    """Say whether a noun is in the singular beside this number: 1, 21 and 101 are, 11 is not."""
    return count % 10 == 1 and count % 100 != 11  # noqa: PLR2004 - the rule of the language


def count_seals(count: int) -> str:
    """Return how many seals somebody has, in words."""
    if not count:
        return "nav zīmoga"
    return f"{count} zīmogs" if is_singular(count) else f"{count} zīmogi"


def count_tries(count: int) -> str:
    """Return how many tries are left, in words."""
    return f"Atlicis {count} mēģinājums." if is_singular(count) else f"Atlikuši {count} mēģinājumi."


LATVIAN = Translation(
    code="lv",
    other_code="en",
    other_language="English",
    vendor="Mācību platforma",
    practice_notice="Mācību vide: nekam šeit nav juridiska spēka",
    asks_to_log_in="„{client}” lūdz jūs pieslēgties",
    asks_to_seal="„{client}” lūdz apzīmogot dokumentus",
    asks_to_sign="„{client}” lūdz parakstīt dokumentus",
    cancel="Atcelt",
    method_title="Izvēlieties pieslēgšanās veidu",
    method_names={
        Method.MOBILE: "eParaksts mobile",
        Method.CROSS_DEVICE: "eParaksts mobile citā ierīcē",
        Method.CARD: "eID karte",
        Method.EID_SCAN: "eID karte un tālrunis",
    },
    method_ways={
        Method.MOBILE: "Apstipriniet lietotnē savā tālrunī",
        Method.CROSS_DEVICE: "Noskenējiet kvadrātkodu ar tālruni",
        Method.CARD: "Karšu lasītājs un pārlūka spraudnis",
        Method.EID_SCAN: "Nolasiet karti ar tālruni",
    },
    other_method="Izvēlēties citu veidu",
    who_title="Kas jūs esat?",
    who_lead="Īstā platforma jūs pazītu pēc tālruņa vai kartes. Šeit izvēlieties kādu no mācību personām.",
    about={
        "anna": "pa zīmogam katram atslēgu veidam",
        "janis": "viens zīmogs lietojams, otrs ir atspējots",
        "liga": "gan eParaksts mobile, gan eID karte",
        "ilze": "eID karte, kuras autentifikācijas sertifikātu platforma zina",
        "peteris": "eID karte, kuras autentifikācijas sertifikātu nolasa tikai spraudnis",
        "marta": "zīmogu nosaukumi rakstīti neierasti: NFD un citas atstarpes",
        "karlis": "sertifikāti, kas drīz beigsies, ir atsaukti vai beigušies",
    },
    nobody="Ar šo veidu tāda persona nepieslēdzas. Izvēlieties kādu no sarakstā esošajām.",
    seal_count=count_seals,
    app_title="Apstipriniet lietotnē",
    app_lead="Atveriet eParaksts mobile un pārliecinieties, ka tur redzams tas pats kontroles kods.",
    cross_device_title="Turpiniet citā ierīcē",
    cross_device_lead="Noskenējiet kvadrātkodu ar tālruni, kurā ir eParaksts mobile, un salīdziniet kontroles kodu.",
    control_code="Kontroles kods",
    qr_meaning="Kvadrātkods, kurā ierakstīts kontroles kods {code}",
    phone_stands_in="Šis attēls aizstāj jūsu tālruni",
    phone_title="Pieslēgšanās",
    phone_question="Vai tas esat jūs?",
    confirm="Apstiprināt",
    reject="Noraidīt",
    card_title="Ievadiet PIN1",
    card_lead={
        Method.CARD: "Ievietojiet eID karti lasītājā un ievadiet tās PIN1.",
        Method.EID_SCAN: "Pielieciet eID karti pie tālruņa un ievadiet tās PIN1.",
    },
    pin_label="PIN1",
    pin_hint="Visām mācību kartēm PIN1 ir {pin}.",
    go_on="Turpināt",
    wrong_pin="PIN1 nav pareizs.",
    seal_title="Vai apzīmogot dokumentus?",
    seal_lead="Ar vienu paroli jūs apzīmogosiet tieši tos dokumentus, ko sagatavojis „{client}”, un nevienu citu.",
    sign_title="Vai parakstīt dokumentus?",
    sign_lead="Ar vienu paroli jūs parakstīsiet tieši tos dokumentus, ko sagatavojis „{client}”, un nevienu citu.",
    seal_certificate="Zīmoga sertifikāts",
    sign_certificate="Paraksta sertifikāts",
    you_are="Jūs esat",
    key_label="Atslēgas parole",
    key_hint="Visām mācību atslēgām ir parole „{password}”.",
    approve="Apstiprināt",
    wrong_key="Parole nav pareiza.",
    tries_left=count_tries,
    key_locked_title="Atslēga ir bloķēta",
    key_locked_lead="Nepareiza parole ievadīta pārāk daudz reižu, tāpēc ar šo atslēgu vairs nevar apzīmogot.",
    card_locked_title="Karte ir bloķēta",
    card_locked_lead="Nepareizs PIN1 ievadīts pārāk daudz reižu, tāpēc ar šo karti vairs nevar pieslēgties.",
    unlock_hint="Lai bloķējumu noņemtu, palaidiet mācību platformu no jauna.",
    leave="Atgriezties",
    refused_title="Šo pieprasījumu nevar turpināt",
    refused_lead="Atpakaļ jūs nenosūtām, jo nav zināms, kas pieprasījumu sūtījis.",
    page_errors={
        PageError.CLIENT: "Šāds client_id nav reģistrēts.",
        PageError.REDIRECT_URI: "Šim klientam tāds redirect_uri nav reģistrēts. Tam jāsakrīt līdz pēdējai rakstzīmei.",
        PageError.LOGOUT: "Lai beigtu sesiju, jānorāda pilns redirect_uri.",
    },
)
