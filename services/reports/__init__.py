"""Books and reports over many dossiers, and the control slip of one: as XLSX and CSV for offices and programs, as PDF for paper.

    what (book, periodic)  ──►  Sheet (titles, columns, rows)  ──►  how (xlsx_file, csv_file, pdf_file)

Rows are read from the store a few at a time and written as they come. Nothing on a sheet depends on the moment of making it:
the same dossiers give the same bytes.
"""
