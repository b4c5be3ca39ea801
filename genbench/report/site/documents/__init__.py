"""The documentation as a part of the site: the pages of docs/, and pages that are made from the code and its catalogue.

mkdocs.yml names the order of the pages; :mod:`.hooks` are the events of MkDocs that add pages and lead links. Only
:mod:`.build` can be imported without MkDocs, which the extra `docs` brings.
"""
