from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, plaintext2html

from ...const import ADMIN_ROLE, USER_ROLE
from ...tools.client_action import first_warning, notification
from ..connection.conflicts import mute_conflicts
from .xero_askable import DIFFERENCE, PAYMENT, SET_UP
from .xero_cause import SELECTION as CAUSES
from .xero_cause import cause_named
from .xero_export_state import STILL_UNDER_WAY

TO_DO_TYPE = 'mail.mail_activity_data_todo'


class XeroAsk(models.Model):
    """A user's request that others do what the user may not: one for each cause, for each missing decision of the mapping, for each contact to
    correct, for each document about which somebody has to decide, for each payment from Xero that a person has to release, and for each company
    whose export is to be set up.

    Each invoice admin who can help, and may read the document, gets a to-do on it. A contact is corrected by those who may change contacts:
    they get the to-do on the contact. The request ends, with the to-dos, when the document is no longer
    stopped by the cause, or when the decision was made. Somebody may ask again after all admins have closed theirs.
    """
    _name = 'xero.ask'
    _description = "Request to the Invoice Admins"

    connection_id = fields.Many2one('xero.connection', ondelete='cascade', help="Empty if the export is to be set up.")
    company_id = fields.Many2one('res.company', required=True, ondelete='cascade')
    cause = fields.Selection([*CAUSES, (DIFFERENCE, "Different in Xero"), (PAYMENT, "Payment from Xero"), (SET_UP, "Not set up")], required=True)
    mapping_id = fields.Many2one('xero.mapping', ondelete='cascade', index='btree_not_null', help="The decision that is missing.")
    export_id = fields.Many2one(
        'xero.export', ondelete='cascade', index='btree_not_null', help="The document. Empty if the user asked before it was sent.")
    partner_id = fields.Many2one('res.partner', ondelete='cascade', index='btree_not_null', help="The contact to correct.")
    payment_id = fields.Many2one('xero.payment', ondelete='cascade', index='btree_not_null', help="The payment to decide about.")
    alone_ref = fields.Integer(help="ID of the export if the fix is for this document alone; 0 if it may be for others too.")
    activity_ids = fields.Many2many('mail.activity', string="To-dos")

    _once = models.UniqueIndex(
        "(COALESCE(connection_id, 0), company_id, cause, COALESCE(mapping_id, 0), COALESCE(partner_id, 0), COALESCE(payment_id, 0), alone_ref)")

    # === ASKING === #

    @api.model
    def _ask_about(self, export, cause):
        """Ask those who can to fix an export.

        :param export: one `xero.export`, in sudo.
        :param str cause: of its failure, or `DIFFERENCE`.
        :return: the notification for the user.
        """
        values = self._values_of(export, cause)
        record = self.env['res.partner'].browse(values['partner_id']) or export._kind()._chatter_record(export) or export.connection_id
        message = export.difference if cause == DIFFERENCE else export.message
        return self._ask(values, record, export.document_name or '', message or '')

    @api.model
    def _ask_to_decide(self, mapping, message, documents=None):
        """Ask the invoice admins to decide a row of the mapping, before a document is sent.

        :param mapping: one `xero.mapping`.
        :param str message: what is wrong, for people.
        :param documents: the documents that need it; the to-dos are on the first.
        :return: the notification for the user, which leaves a dialog open.
        """
        mapping.check_access('read')
        mapping = mapping.sudo()
        return self.sudo()._ask(
            {'connection_id': mapping.connection_id.id, 'company_id': mapping.company_id.id, 'cause': mapping._thing()._cause, 'mapping_id': mapping.id},
            documents[:1].sudo() if documents else mapping.connection_id, mapping.source_name, message, reload=False)

    @api.model
    def _ask_to_correct(self, partners, connection, company, message):
        """Ask those who may change contacts to correct some, before a document is sent.

        :param partners: `res.partner` that the user may read.
        :param connection: one `xero.connection`, `company` of the documents.
        :param str message: what is wrong, for people.
        :return: the notification for the user, which leaves a dialog open.
        """
        partners.check_access('read')
        answers = [
            self.sudo()._ask({'connection_id': connection.id, 'company_id': company.id, 'cause': 'contact', 'partner_id': partner.id},
                             partner.sudo(), partner.display_name, message, reload=False) for partner in partners]
        return first_warning(answers) or answers[-1]

    @api.model
    def _ask_about_payment(self, payment):
        """Ask the invoice admins to decide about a payment from Xero, or about the account in Xero that it and others wait for.

        :param payment: one `xero.payment`, in sudo.
        :return: the notification for the user.
        """
        values = self._values_of_payment(payment)
        payment = payment.browse(values['payment_id'])
        return self._ask(values, payment.move_id or payment.connection_id, payment.display_name, payment.reason or '')

    @api.model
    def _values_of_payment(self, payment):
        """Return the values of the request about a payment. All that wait for one account in Xero have one request, about the first of them."""
        first = payment.reason_code == 'mapping' and payment.search([
            ('connection_id', '=', payment.connection_id.id), ('company_id', '=', payment.company_id.id), ('reason_code', '=', 'mapping'),
            ('xero_account_id', '=', payment.xero_account_id.id)], order='id', limit=1)
        return {
            'connection_id': payment.connection_id.id, 'company_id': payment.company_id.id, 'cause': PAYMENT, 'payment_id': (first or payment).id}

    @api.model
    def _ask_to_set_up(self, company):
        """Ask the invoice admins of a company to set up its export to Xero. Their to-dos belong to no record: there may be none yet.

        :param company: one `res.company`, in sudo.
        :return: the notification for the user.
        """
        admins = self.env['xero.connection']._admins_of(company)
        return self._ask(self._values_of_set_up(company), self.env['mail.activity'], company.name, '', reload=False, admins=admins)

    def _values_of_set_up(self, company):
        return {'connection_id': False, 'company_id': company.id, 'cause': SET_UP}

    @api.model
    def _words_of_set_up(self, company):
        """Return who asked whom to set up the export of a company, for people; False if nobody did."""
        asks = self._like(self._values_of_set_up(company))
        return bool(asks.activity_ids) and asks._words()

    @api.model
    def _label(self, env, cause):
        """Return the label of the button that asks, in the language of an environment."""
        return env._("Ask an invoice admin") if cause_named(cause).helpers_role == ADMIN_ROLE else env._("Ask to correct the contact")

    @api.model
    def _values_of(self, export, cause):
        """Return the values of the request about a cause of an export."""
        partner = export.partner_id if cause == 'contact' else export.partner_id.browse()
        is_alone = (cause_named(cause).role == USER_ROLE and not export._kind()._can_be_sent_by_policy(export)) or (cause == 'contact' and not partner)
        return {
            'connection_id': export.connection_id.id, 'company_id': export.company_id.id, 'cause': cause, 'mapping_id': export.mapping_ids[:1].id,
            'partner_id': partner.id, 'export_id': export.id, 'alone_ref': export.id if is_alone else 0}

    def _ask(self, values, record, name, message, reload=True, admins=None):
        """Give each user who can help, and may read a record, a to-do on it, unless they have been asked before.

        :param dict values: of the request.
        :param record: of a model with activities; empty for to-dos of their own.
        :param str name: of what needs help, for people.
        :param str message: why.
        :param bool reload: whether the notification reloads the page.
        :param admins: the users who can help; None for those of the connection.
        """
        ask = self._like(values)
        if ask.activity_ids:
            return notification('info', ask._words(), reload=reload)
        if admins is None:
            helpers = self.env['xero.connection'].browse(values['connection_id'])._helpers(cause_named(values['cause']).helpers_role)
            admins = helpers.filtered(
                lambda user: record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).has_access('read'))
        if not admins:
            return notification('warning', self.env._(
                "Nobody was asked: nobody who can help may see %(document)s. Ask a system administrator to give somebody the role.", document=name),
                reload=reload)
        with mute_conflicts(self.env):
            ask.unlink()
            ask = self.create(values)
            for user in admins:
                ask.activity_ids += ask._schedule(user, record, name, message)
        words = self.env._("Asked %(admins)s to help with %(document)s.", admins=', '.join(admins.mapped('name')), document=name)
        return notification('success', words, reload=reload)

    def _schedule(self, user, record, name, message):
        """Return a new to-do of a user, in the user's language."""
        env = self.with_user(user).with_context(lang=user.lang).env
        words = env._("%(user)s asks for help with %(document)s. %(message)s", user=self.env.user.name, document=name, message=message)
        link = self._link(user, self.export_id, 'xero-exports', env._("See the export"))
        link += self._link(user, self.payment_id, 'xero-payments', env._("See the payment"))
        if self.cause == SET_UP:
            link = Markup('<p><a href="/odoo/action-account_xero.xero_setup_action">%s</a></p>') % env._("Set it up")
        record = record.with_context(lang=user.lang, tz=user.tz)
        values = {
            'date_deadline': fields.Date.context_today(record), 'user_id': user.id, 'note': plaintext2html(words) + link,
            'summary': env._("Xero: %(task)s", task=self._task(env))}
        if record:
            return record.activity_schedule(TO_DO_TYPE, **values)
        return record.create({**values, 'activity_type_id': self.env.ref(TO_DO_TYPE).id})

    @staticmethod
    def _link(user, record, path, label):
        """Return a link to the page of a record, if there is one and the user may read it."""
        return Markup('<p><a href="/odoo/%s/%s">%s</a></p>') % (path, record.id, label) if record and record.with_user(user).has_access('read') else Markup()

    def _task(self, env):
        """Return what the users who were asked have to do, in a few words."""
        if self.cause == DIFFERENCE:
            return env._("Decide which version counts")
        if self.cause == PAYMENT:
            return env._("Decide about the payment")
        if self.cause == SET_UP:
            return env._("Set up the export of %(company)s", company=self.company_id.name)
        if self.cause == 'contact':
            return env._("Correct the contact")
        if self.cause == 'date':
            return env._("Decide the date of bills")
        return env._("Link it") if self.alone_ref else cause_named(self.cause).button_label(env)

    # === WHAT WAS ASKED === #

    def _like(self, values):
        """Return the requests about the same fix, or about the same failure of a document. May be empty.

        :param dict values: of a request.
        """
        same = Domain.AND(Domain(name, '=', values.get(name)) for name in ('connection_id', 'company_id', 'cause', 'mapping_id', 'partner_id', 'payment_id'))
        same &= Domain('alone_ref', '=', values.get('alone_ref', 0))
        if values.get('export_id'):
            same |= Domain('export_id', '=', values['export_id']) & Domain('cause', '=', values['cause'])
        return self.search(same)

    def _words(self):
        """Return, for people, who asked whom and when."""
        ask = self.filtered('activity_ids')[0]
        return self.env._(
            "%(user)s asked %(admins)s on %(date)s.", user=ask.create_uid.name, admins=', '.join(ask.activity_ids.user_id.mapped('name')),
            date=format_date(self.env, fields.Datetime.context_timestamp(ask, ask.create_date)))

    # === ENDING === #

    @api.model
    def _solved(self, connection):
        """Return the requests of a connection whose document is not stopped by their cause any more, or whose decision was made."""
        return self.search([('connection_id', '=', connection.id)]).filtered(lambda ask: ask._is_solved())

    @api.model
    def _close_decided(self, mappings):
        """End the requests for decisions that were just made. Those about a failed document end when it is no longer failed."""
        self.search([('mapping_id', 'in', mappings.ids), ('export_id', '=', False)]).filtered(lambda ask: ask._is_solved())._close()

    @api.model
    def _close_set_up(self, companies):
        """End the requests to set up the export of companies whose connection works now."""
        self.search([('cause', '=', SET_UP), ('company_id', 'child_of', companies.ids)]).filtered(lambda ask: ask._is_solved())._close()

    def _is_solved(self):
        export = self.export_id
        if self.cause == SET_UP:
            return self.company_id._xero_connection().status == 'connected'
        if self.cause == DIFFERENCE:
            return not export.can_decide
        if self.cause == PAYMENT:
            return not self.payment_id.awaits_admin
        if export:
            return export.state not in STILL_UNDER_WAY and (export.state, export.cause) != ('failed', self.cause)
        if self.partner_id:
            return self.partner_id.write_date > self.create_date
        # The row may be decided, but otherwise than these documents need it. Its times have whole seconds
        row = self.mapping_id
        return not row or (row.is_decided and (not row.decided_at or row.decided_at >= self.create_date.replace(microsecond=0)))

    def _close(self):
        """End requests with their to-dos."""
        self.activity_ids.unlink()
        self.unlink()
