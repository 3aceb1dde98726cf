"""The dialog in English."""

from sandbox.eidas.authorization import PageError
from sandbox.eidas.methods import Method
from sandbox.pages.words import Translation


def count_seals(count: int) -> str:
    """Return how many seals somebody has, in words."""
    return f"{count or 'no'} seal{'' if count == 1 else 's'}"


def count_tries(count: int) -> str:
    """Return how many tries are left, in words."""
    return f"{count} {'try is' if count == 1 else 'tries are'} left."


ENGLISH = Translation(
    code="en",
    other_code="lv",
    other_language="Latviešu",
    vendor="Practice platform",
    practice_notice="Practice only: nothing here is legally binding",
    asks_to_log_in="“{client}” asks you to log in",
    asks_to_seal="“{client}” asks you to seal documents",
    asks_to_sign="“{client}” asks you to sign documents",
    cancel="Cancel",
    method_title="How would you like to log in?",
    method_names={
        Method.MOBILE: "eParaksts mobile",
        Method.CROSS_DEVICE: "eParaksts mobile on another device",
        Method.CARD: "eID card",
        Method.EID_SCAN: "eID card and phone",
    },
    method_ways={
        Method.MOBILE: "Confirm in the app on your phone",
        Method.CROSS_DEVICE: "Scan a QR code with your phone",
        Method.CARD: "Card reader and browser plugin",
        Method.EID_SCAN: "Read the card with your phone",
    },
    other_method="Choose another way",
    who_title="Who are you?",
    who_lead="The real platform would know you by your phone or card. Here you choose one of the practice people.",
    about={
        "anna": "a seal with every kind of key",
        "janis": "one seal in use and one that is disabled",
        "liga": "both eParaksts mobile and an eID card",
        "ilze": "an eID card whose authentication certificate the platform lists",
        "peteris": "an eID card whose authentication certificate only the plugin reads",
        "marta": "seals whose names are written in unusual ways: NFD and other spaces",
        "karlis": "certificates that end in days, are revoked or have ended",
    },
    nobody="Nobody of that name logs in this way. Choose somebody from the list.",
    seal_count=count_seals,
    app_title="Confirm in the app",
    app_lead="Open eParaksts mobile and make sure that it shows the same control code.",
    cross_device_title="Continue on another device",
    cross_device_lead="Scan the QR code with the phone that has eParaksts mobile, and compare the control code.",
    control_code="Control code",
    qr_meaning="QR code that holds the control code {code}",
    phone_stands_in="This picture stands for your phone",
    phone_title="Log in",
    phone_question="Is this you?",
    confirm="Confirm",
    reject="Reject",
    card_title="Enter PIN1",
    card_lead={
        Method.CARD: "Put your eID card into the reader and enter its PIN1.",
        Method.EID_SCAN: "Hold your eID card to the phone and enter its PIN1.",
    },
    pin_label="PIN1",
    pin_hint="Every practice card has the PIN1 {pin}.",
    go_on="Continue",
    wrong_pin="That is not the PIN1.",
    seal_title="Seal the documents?",
    seal_lead="One password seals exactly the documents that “{client}” has prepared, and nothing else.",
    sign_title="Sign the documents?",
    sign_lead="One password signs exactly the documents that “{client}” has prepared, and nothing else.",
    seal_certificate="Seal certificate",
    sign_certificate="Signing certificate",
    you_are="You are",
    key_label="Key password",
    key_hint="Every practice key has the password “{password}”.",
    approve="Approve",
    wrong_key="That is not the password.",
    tries_left=count_tries,
    key_locked_title="The key is locked",
    key_locked_lead="A wrong password was entered too often, so this key seals nothing any more.",
    card_locked_title="The card is locked",
    card_locked_lead="A wrong PIN1 was entered too often, so this card logs nobody in any more.",
    unlock_hint="Start the practice platform anew to unlock it.",
    leave="Go back",
    refused_title="This request cannot go on",
    refused_lead="You are not sent back, because it is not known who sent the request.",
    page_errors={
        PageError.CLIENT: "This client_id is not registered.",
        PageError.REDIRECT_URI: "This redirect_uri is not registered for the client. "
        "It must match character by character.",
        PageError.LOGOUT: "Logout needs an absolute redirect_uri.",
    },
)
