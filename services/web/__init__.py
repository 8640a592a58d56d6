"""The pages, and pages and API as one server: `create_site(app)` in `site.py`."""
