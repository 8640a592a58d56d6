"""Running dossiers: time, deadlines, tasks, and the SpiffWorkflow adapter. No input or output happens in this package."""
