from odoo import models


def in_all_companies(records: models.BaseModel) -> models.BaseModel:
    """Return records with all companies of their user selected, the selected ones first."""
    selected = records.env.companies
    return records.with_context(allowed_company_ids=[*selected.ids, *(records.env.user.company_ids - selected).ids])
