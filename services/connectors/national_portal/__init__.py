"""Reporting to the national public service portal, first generation (session, then JSON).

The second generation (2026, REST) is not built: it has its own enumerations and order of calls, and would be a second adapter
beside this one, chosen by configuration.
"""
