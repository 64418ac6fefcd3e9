"""Files that people bring on a page or leave in a folder: read, mapped by their header, tried dry, then imported.

`importing_tables` and `importing_people` do the import itself, as for the command line; this is what leads there.
"""
