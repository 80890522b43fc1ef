"""Programs in files: an `.mlir` text that says by itself how it is called.

form.py               a signature as text: what the attributes of a module hold
signature_writer.py   signature -> text
signature_reader.py   text -> signature
module_text.py        a module with its signature -> `.mlir` and back
program.py            what `f.lower(...)` and `rfx.load` give
"""
