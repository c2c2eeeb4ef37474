"""The review desk: pages inside the admin for work that a list of rows is the wrong shape for.

Each module is one page, or one family of pages, with its addresses in ``urlpatterns``; ``urls`` puts them together.
Reading is done by querysets and small functions of the module, every change by ``claims.services``.
"""
