"""What people were told of failed documents is counted by company."""
from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Count what has failed now as told, so that nobody gets a task again that was closed, and close the tasks of those whose documents are sent.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for connection in env['xero.connection'].with_context(active_test=False).search([('failures_told', '!=', False)]):
        before, now = connection.failures_told, connection._failures_now()
        if 'company_causes' in before:
            continue
        connection.failures_told = now or False
        failing = {user_id for counts in now.get('company_posters', {}).values() for user_id in counts}
        done = env['res.users'].browse(int(user_id) for user_id in before.get('posters', {}) if user_id not in failing).exists()
        for user in done - connection._members():
            connection._tell_user(user, 0, 0, '')
