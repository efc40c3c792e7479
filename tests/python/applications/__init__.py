"""Applications that the tests run on engines. A package, so the import root is the folder above."""
