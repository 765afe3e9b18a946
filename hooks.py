"""What happens when the add-on goes."""

import logging
import time

from .exceptions import WrongKey, XeroError

_logger = logging.getLogger(__name__)

SECONDS = 60    # for all chains together: nobody waits longer for an uninstallation


def uninstall_hook(env):
    """End our access at Xero, as far as Xero answers, and forget which database and server had it.

    The file with the encryption key and the one that names the server stay in the data folder: other databases may use them.
    """
    if not env['xero.server']._is_copy():
        deadline = time.monotonic() + SECONDS
        for authorization in env['xero.authorization'].sudo().search([('refresh_token_encrypted', '!=', False)]):
            if time.monotonic() > deadline:
                _logger.warning("Xero did not answer: remove Odoo there under Settings, Connected apps")
                break
            try:
                authorization._revoke()
            except (XeroError, WrongKey) as error:
                _logger.warning("The access of authorization %s was not ended at Xero: %s", authorization.id, type(error).__name__)
    env['ir.config_parameter'].sudo().search([('key', '=like', 'account_xero.%')]).unlink()
