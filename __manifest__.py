{
    'name': "Xero Invoice Export",
    'version': '19.0.1.0.0',
    'category': 'Accounting/Accounting',
    'summary': "Posted invoices go to Xero by themselves",
    'description': " ",
    'author': "account_xero maintainers",
    'license': 'LGPL-3',
    'depends': ['account'],
    'external_dependencies': {'python': ['requests', 'Authlib', 'cryptography']},
    'application': True,
}
