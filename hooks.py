"""The hook that runs when the add-on is uninstalled."""

import logging
import time

from .exceptions import WrongKey, XeroError

_logger = logging.getLogger(__name__)

SECONDS = 60    # for all chains together


def uninstall_hook(env):
    """End our access at Xero, if Xero answers, and delete the system parameters that identify database and server.

    The files with the encryption key and the server's name stay in the data folder, because other databases may use them. One line of the log
    says what was ended and what stays.
    """
    ended = 0
    unsent, custom = env['base.module.uninstall'].sudo()._xero_left()
    if not env['xero.server']._is_copy():
        deadline = time.monotonic() + SECONDS
        for authorization in env['xero.authorization'].sudo().search([('refresh_token_encrypted', '!=', False)]):
            if time.monotonic() > deadline:
                _logger.warning("Xero did not answer: remove Odoo there under Settings, Connected apps")
                break
            try:
                authorization._revoke()
                ended += 1
            except (XeroError, WrongKey) as error:
                _logger.warning("The access of authorization %s was not ended at Xero: %s", authorization.id, type(error).__name__)
    env['ir.config_parameter'].sudo().search([('key', '=like', 'account_xero.%')]).unlink()
    _logger.info(
        "Uninstalled. Authorizations ended at Xero: %s; documents never sent: %s; custom connections that stay authorised in Xero: %s. "
        "What is in Xero stays there, and the files account_xero.key and account_xero.id stay in the data folder",
        ended, unsent, ', '.join(custom.mapped('name')) or "none")
