from odoo import api, models
from odoo.tools import config

from ...tools.server_identity import dump, is_other_server, load, server_identity

DATABASE_PARAMETER = 'account_xero.database'
SERVER_PARAMETER = 'account_xero.server'


class XeroServer(models.AbstractModel):
    """The guard against copies: stores which database and server export to Xero, and compares them with the present ones.

    A copy of a database may keep its UUID, its name or its machine, so all of them are stored, in system parameters.
    """
    _name = 'xero.server'
    _description = "Server That Exports to Xero"

    @api.model
    def _is_copy(self):
        """Return whether this is another database, or runs on another server, than the one that was connected."""
        return self._is_other_database() or self._is_other_server()

    @api.model
    def _is_other_database(self):
        """Return whether the database has another UUID or name than the one that was connected."""
        known = self._parameter(DATABASE_PARAMETER)
        return bool(known) and known != self._database_identity()

    @api.model
    def _is_other_server(self):
        """Return whether an identical copy of the database runs on another machine and in another data folder."""
        known = load(self._parameter(SERVER_PARAMETER))
        return bool(known) and is_other_server(known, server_identity(config['data_dir']))

    @api.model
    def _copy_reason(self):
        """Return why this database is taken for a copy, and what to do, as a part of a sentence; empty if it is none."""
        if self._is_other_database():
            return self.env._("this database is a copy. An invoice admin can confirm that it is the one that exports.")
        if not self._is_other_server():
            return ''
        known, here = load(self._parameter(SERVER_PARAMETER)), server_identity(config['data_dir'])
        return self.env._(
            "this database runs on another server (%(here)s) than the one that was connected (%(before)s), so it may be a copy. An invoice admin "
            "can confirm that it is the one that exports.",
            here=here.get('name') or here['host'].partition(' ')[0], before=known.get('name') or (known.get('host') or '?').partition(' ')[0])

    @api.model
    def _remember(self):
        """Store this database and server as those that export."""
        parameters = self.env['ir.config_parameter'].sudo()
        parameters.set_param(DATABASE_PARAMETER, self._database_identity())
        parameters.set_param(SERVER_PARAMETER, dump(server_identity(config['data_dir'])))

    @api.model
    def _update_known(self):
        """Store the present host and folder of the server: one of them may change without making it another server."""
        is_known = self._parameter(DATABASE_PARAMETER) and not self._is_copy()
        if is_known and self._parameter(SERVER_PARAMETER) != dump(server_identity(config['data_dir'])):
            self._remember()

    @api.model
    def _database_identity(self):
        return f"{self._parameter('database.uuid')} {self.env.cr.dbname}"

    @api.model
    def _parameter(self, name):
        return self.env['ir.config_parameter'].sudo().get_param(name)
