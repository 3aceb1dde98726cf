"""The OpenAPI document of everything that is served here; tests compare it with the routes and with real answers."""
