"""Collecting fees: VietQR texts, the national payment platform, and what a confirmation does to a dossier."""
