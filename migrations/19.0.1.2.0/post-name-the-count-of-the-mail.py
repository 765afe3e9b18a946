"""The subject of the mail about failed documents fits any number of them, also in databases that have the subject of before."""

OLD = (
    "{{ object.name }}: {{ object.failed_count }} documents failed in Xero",
    "{{ object.name }}: {{ ctx.get('failed') or object.failed_count }} documents failed in Xero",
)
NEW = "{{ object.name }}: documents failed in Xero ({{ ctx.get('failed') or object.failed_count }})"


def migrate(cr, version):
    """Write the new subject, unless a user has changed the old one in any language. Odoo does not: the template is the user's.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    cr.execute("""
        UPDATE mail_template
           SET subject = jsonb_build_object('en_US', %s::text)
          FROM ir_model_data
         WHERE ir_model_data.module = 'account_xero' AND ir_model_data.name = 'mail_template_xero_failed'
           AND ir_model_data.model = 'mail.template' AND ir_model_data.res_id = mail_template.id
           AND NOT EXISTS (SELECT FROM jsonb_each_text(mail_template.subject) AS translated WHERE translated.value != ALL(%s))""", [NEW, list(OLD)])
