"""The HTTP API: `create_api(app)` in `application.py`."""
