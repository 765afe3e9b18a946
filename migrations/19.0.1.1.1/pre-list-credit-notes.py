"""Connections of before only list credit notes that were made in Xero: people may have entered the earlier ones in Odoo by hand."""
from odoo.tools.sql import column_exists, create_column


def migrate(cr, version):
    """Give the connections that exist the policy that makes no drafts; new ones have another default.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    if not column_exists(cr, 'xero_connection', 'credit_note_policy'):
        create_column(cr, 'xero_connection', 'credit_note_policy', 'varchar')
        cr.execute("UPDATE xero_connection SET credit_note_policy = 'list'")
