"""Doubles of the outside systems, as real HTTP servers: for tests, demonstrations and training, never for production.

They keep state, check everything that they receive as strictly as the real systems are known to, count what comes twice, and can
be told to fail. Their rules are written down here a second time on purpose, not imported from the connectors, so that a mistake
on one side is found by the other.
"""

LOCAL_PARTNER = "MOTCUA"
LOCAL_SECRET = "secret-of-the-local-gateway"
LOCAL_UNIT = "000.00.00.H05"
LOCAL_USERNAME = "motcua"
LOCAL_PASSWORD = "password-of-the-local-portal"
