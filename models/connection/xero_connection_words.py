from odoo import api, models

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

    def _admin_names(self):
        """Return the names of some invoice admins of the connections, for people. Expects connections in `sudo()`."""
        admins = self.env['res.users'].union(*(connection._members() for connection in self))
        return ', '.join(admins[:NAMES_MOST].mapped('name')) or self.env._("an invoice admin")

    def _owner_names(self):
        """Return the names of some invoice admins of all the connections, for people. Expects connections in `sudo()`."""
        admins = self[:1]._members().filtered(lambda user: all(connection._serves(user.company_ids) for connection in self))
        return ', '.join(admins[:NAMES_MOST].mapped('name')) or self.env._("a system administrator")
