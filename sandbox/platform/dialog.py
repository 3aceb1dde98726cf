"""The browser dialog: log in as a practice person, enter the key password, and go back to the client."""

import hmac

from aiohttp import web
from multidict import MultiDict
from yarl import URL

from sandbox.pages import page
from sandbox.personas import Identity, Person
from sandbox.platform.authorization import Asked, Binding, NotGranted, ReturnAddress, Unregistered, asked, return_address
from sandbox.platform.grants import Code, Grant
from sandbox.vendor import Vendor, vendor_of

SSO_COOKIE = "sandbox_sso"
COOKIE_PATH = "/trustedx-authserver"


