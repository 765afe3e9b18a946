from odoo import api, models

from ...const import ADMIN_ROLE

NAMES_MOST = 3      # in a sentence


class XeroConnectionWords(models.AbstractModel):
    """How sentences for people name a connection, why it does not work, and who can help."""
    _name = 'xero.connection.words'
    _description = "Words about a Xero Connection"

    def _named(self):
        """Return the connection and its organisation, for a sentence about both. A name that both have stands there once."""
        self.ensure_one()
        name, organisation = (self.name or '').strip(), (self.organisation_name or '').strip()
        return name if not organisation or organisation.casefold() == name.casefold() else f'{name} ({organisation})'

    def _status_words(self, words):
        """Return a sentence about the status of the connection, with the reason. If the reason names the connection, it is enough.

        :param str words: the sentence, which names the connection.
        """
        self.ensure_one()
        reason = self.status_reason or ''
        return reason if self.name.casefold() in reason.casefold() else f'{words} {reason}'.rstrip()

    @api.model
    def _waited_words(self, count):
        """Return how many documents waited for a connection, as the end of a sentence."""
        if not count:
            return self.env._("nothing waited.")
        if count == 1:
            return self.env._("one document waited; sending now.")
        return self.env._("%(count)s documents waited; sending now.", count=count)

    def _admin_names(self, role=ADMIN_ROLE):
        """Return the names of some users who can help with the connections, for people. Expects connections in `sudo()`.

        :param str role: as for `_helpers`.
        """
        helpers = self.env['res.users'].union(*(connection._helpers(role) for connection in self))
        nobody = self.env._("an invoice admin") if role == ADMIN_ROLE else self.env._("a system administrator")
        return ', '.join(helpers[:NAMES_MOST].mapped('name')) or nobody

    def _helpers(self, role=ADMIN_ROLE):
        """Return the users whom others ask to do what only a group may: the invoice admins in it, else its other users who may use the connection.

        :param str role: XML id of the group.
        """
        self.ensure_one()
        able = self.env.ref(role).sudo().all_user_ids.filtered(lambda user: user.active and not user.share)
        return self._members() & able or able.filtered(lambda user: self._serves(user.company_ids))

    @api.model
    def _admins_of(self, company):
        """Return the invoice admins who may work in a company."""
        return self._invoice_admins().filtered(lambda user: company in user.company_ids)

    def _owner_names(self):
        """Return the names of some invoice admins of all the connections, for people. Expects connections in `sudo()`."""
        admins = self[:1]._members().filtered(lambda user: all(connection._serves(user.company_ids) for connection in self))
        return ', '.join(admins[:NAMES_MOST].mapped('name')) or self.env._("a system administrator")
