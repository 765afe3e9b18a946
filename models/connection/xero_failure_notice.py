import logging
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

    failures_told = fields.Json(readonly=True, copy=False, help="What the tasks say: failed documents by `causes` and by `posters`; to which `admins`.")
    failures_mailed_count = fields.Integer(readonly=True, copy=False, help="Failed documents at the last mail, or the fewest since then.")
    failures_mailed_at = fields.Datetime(readonly=True, copy=False)

    def _failures_domain(self):
        return Domain('connection_id', '=', self.id) & Domain('state', '=', 'failed') & Domain('cause', '!=', 'connection')

    def _failures_now(self):
        """Return the value of `failures_told` that is right now; empty if nothing has failed."""
        Export, failed = self.env['xero.export'], self._failures_domain()
        causes = {cause or 'data': count for cause, count in Export._read_group(failed, ['cause'], ['__count'])}
        posters = Export._read_group(failed, ['create_uid'], ['__count']) if causes and self.tells_poster else ()
        told = {'causes': causes, 'posters': {str(user.id): count for user, count in posters}, 'admins': causes and sorted(self._members().ids)}
        return told if causes else {}

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
        total, told = (sum(said.get('causes', {}).values()) for said in (now, before))
        informed = before.get('admins', admins.ids)
        for user in admins:
            self._tell_user(user, total, told if user.id in informed else 0, self._failures_words(user, now))
        counts, known = now.get('posters', {}), before.get('posters', {})
        for user in self.env['res.users'].browse({*informed, *map(int, counts.keys() | known.keys())}).exists() - admins:
            may_see = user.active and not user.share and self._serves(user.company_ids)
            count = counts.get(str(user.id), 0) if may_see else 0
            self._tell_user(user, count, known.get(str(user.id), 0), self._poster_words(user, count))

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

    def _failures_words(self, user, now):
        """Return what has failed, by cause, in the language of a user."""
        env = self.with_context(lang=user.lang).env
        labels = dict(env['xero.export']._fields['cause']._description_selection(env))
        causes = sorted(now.get('causes', {}).items(), key=lambda item: -item[1])
        return env._(
            "Failed in Xero: %(causes)s. Open the failed documents of %(connection)s; each says what to do.",
            causes=', '.join(f"{labels.get(cause, cause)} {count}" for cause, count in causes), connection=self.name)

    def _poster_words(self, user, count):
        return self.with_context(lang=user.lang).env._(
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
                    self.id, email_values={'recipient_ids': [fields.Command.set(user.partner_id.ids)]})

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
