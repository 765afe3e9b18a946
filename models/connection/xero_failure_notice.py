import logging
from collections import Counter, defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...exceptions import XeroRetryable

_logger = logging.getLogger(__name__)

FAILED = 'account_xero.mail_activity_type_xero_failed'
MAIL = 'account_xero.mail_template_xero_failed'
DAY = timedelta(days=1)
NAMED = 5       # documents of each cause in a mail


class XeroFailureNotice(models.AbstractModel):
    """Who is told that documents failed: one task for each invoice admin and connection, with the causes; by policy, posters and a daily mail.

    Documents that failed because the connection lost its access are left out: *Reauthentication required* tells of them.
    """
    _name = 'xero.failure.notice'
    _description = "Notice of Failed Documents of a Xero Connection"

    # Both count documents of all companies, of which a user may see some only
    failures_told = fields.Json(
        readonly=True, copy=False, groups=fields.NO_ACCESS,
        help="Failed documents by company and cause, and by company and poster; and which `admins` have got tasks.")
    failures_mailed_count = fields.Integer(
        readonly=True, copy=False, groups=fields.NO_ACCESS, help="Failed documents at the last mail, or the fewest since then.")
    failures_mailed_at = fields.Datetime(readonly=True, copy=False)

    def _failures_domain(self):
        return Domain('connection_id', '=', self.id) & Domain('state', '=', 'failed') & Domain('cause', '!=', 'connection')

    def _failures_now(self):
        """Return the value of `failures_told` that is right now; empty if nothing has failed."""
        Export, failed = self.env['xero.export'], self._failures_domain()
        causes, posters = defaultdict(Counter), defaultdict(Counter)
        for company, cause, count in Export._read_group(failed, ['company_id', 'cause'], ['__count']):
            causes[str(company.id)][cause or 'data'] += count
        if not causes:
            return {}
        for company, user, count in Export._read_group(failed, ['company_id', 'create_uid'], ['__count']) if self.tells_poster else ():
            posters[str(company.id)][str(user.id)] += count
        return {'company_causes': causes, 'company_posters': posters, 'admins': sorted(self._members().ids)}

    def _told_to(self, user, told, name='company_causes'):
        """Return that part of `failures_told` which is about companies of a user, as Odoo's rules show him only their documents.

        :param dict told: a value of the field.
        :param str name: `company_causes` or `company_posters`.
        :return: `Counter` by cause, or by the id of the poster as text.
        """
        return sum((Counter(told.get(name, {}).get(str(company.id), {})) for company in user.company_ids), Counter())

    # === TASKS === #

    def _tell_failures(self):
        """Make the tasks say what has failed now. The caller must hold the lock of the connection's row.

        A new task is made only if more has failed than before, so that a task that a person closed stays closed; a new invoice admin gets one.
        All tasks close when nothing is failed any more, and those of a person who is no invoice admin any more.
        """
        self.ensure_one()
        now, before = self._failures_now(), self.failures_told or {}
        if now == before:
            return
        self.failures_told = now or False
        admins = self._members()
        informed = before.get('admins', admins.ids)
        for user in admins:
            causes, known = self._told_to(user, now), self._told_to(user, before)
            self._tell_user(user, causes.total(), known.total() if user.id in informed else 0, self._failures_words(user, causes))
        posters = {int(user_id) for said in (now, before) for counts in said.get('company_posters', {}).values() for user_id in counts}
        for user in self.env['res.users'].browse({*informed, *posters}).exists() - admins:
            may_see = user.active and not user.share and self._serves(user.company_ids)
            count, known = (self._told_to(user, said, 'company_posters')[str(user.id)] for said in (now, before))
            self._tell_user(user, count if may_see else 0, known, self._poster_words(user, count))

    def _tell_user(self, user, count, told, words):
        """Create, update or delete the task of a user.

        :param int count: failed documents that concern the user.
        :param int told: the same, when the tasks were last updated.
        """
        tasks = self.activity_search([FAILED], user_id=user.id)
        if not count:
            tasks.unlink()
        elif tasks:
            tasks.note = self._note(words)
        elif count > told:
            self._schedule(FAILED, user, words)

    def _failures_words(self, user, causes):
        """Return what has failed, in the language of a user.

        :param causes: `Counter` of the documents that the user may see, by cause.
        """
        env = self.with_context(lang=user.lang).env
        labels = dict(env['xero.export']._fields['cause']._description_selection(env))
        return env._(
            "Failed in Xero: %(causes)s. Open the failed documents of %(connection)s; each says what to do.",
            causes=', '.join(f"{labels.get(cause, cause)} ({count})" for cause, count in causes.most_common()), connection=self.name)

    def _poster_words(self, user, count):
        env = self.with_context(lang=user.lang).env
        if count == 1:
            return env._(
                "1 document that you posted failed in Xero. Open the failed documents of %(connection)s; it says what to do.", connection=self.name)
        return env._(
            "%(count)s documents that you posted failed in Xero. Open the failed documents of %(connection)s; each says what to do.",
            count=count, connection=self.name)

    # === DAILY MAIL === #

    @api.model
    def _mail_failures(self):
        """Mail the invoice admins of each connection whose policy says so, at most once a day, and only if more has failed since the last mail."""
        for connection in self.search([('mails_failures', '=', True)]):
            try:
                connection._commit_and_lock()
                connection._mail_failures_now()
            except XeroRetryable:
                self.env.cr.rollback()      # the row is locked; the next check comes soon
            except Exception:
                self.env.cr.rollback()
                _logger.exception("The mail about failed documents of Xero connection %s was not sent", connection.id)

    def _mail_failures_now(self):
        now = fields.Datetime.now()
        count = self.env['xero.export'].search_count(self._failures_domain())
        if count < self.failures_mailed_count:
            self.failures_mailed_count = count
        if count <= self.failures_mailed_count or (self.failures_mailed_at and self.failures_mailed_at > now - DAY):
            return
        self.write({'failures_mailed_count': count, 'failures_mailed_at': now})
        template = self.env.ref(MAIL)
        for user in self._members().filtered('email'):
            causes = self.with_context(lang=user.lang)._failures_for_mail(user.company_ids)
            if causes:
                failed = sum(cause['count'] for cause in causes)
                template.with_context(lang=user.lang, failed=failed, causes=causes).send_mail(
                    # Not a message of the connection: each recipient gets another one, with the documents of the user's companies
                    self.id, email_values={'recipient_ids': [fields.Command.set(user.partner_id.ids)], 'model': False, 'res_id': False})

    def _failures_for_mail(self, companies):
        """Return, for each cause, a dict of `label`, `count`, `documents` (dicts of `name` and `url`) and `more`, the number of the others.

        :param companies: `res.company` of the documents.
        """
        Export = self.env['xero.export']
        labels = dict(Export._fields['cause']._description_selection(self.env))
        failed = self._failures_domain() & Domain('company_id', 'in', companies.ids)
        groups = Export._read_group(failed, ['cause'], ['__count', 'id:array_agg'], order='__count DESC')
        return [{
            'label': labels.get(cause, cause), 'count': count, 'more': max(count - NAMED, 0),
            'documents': [
                {'name': export.display_name, 'url': f'{self.get_base_url()}/odoo/xero-exports/{export.id}'}
                for export in Export.browse(sorted(ids)[:NAMED])],
        } for cause, count, ids in groups]
