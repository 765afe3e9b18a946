"""How a line is coded: its account, its tax, its tracking. The same for documents and journals, but for which accounts are refused."""
from ..state import RULES
from .errors import unhandled

CLASS_FLAG = {
    'ASSET': 'CanApplyToAssets', 'EQUITY': 'CanApplyToEquity', 'EXPENSE': 'CanApplyToExpenses', 'LIABILITY': 'CanApplyToLiabilities',
    'REVENUE': 'CanApplyToRevenue',
}


def account_of(organisation, values, required, use):
    """:param use: ``document`` or ``journal``: whose refused accounts count; :return: (account or None, errors)"""
    if values.get('AccountCode'):
        code = values['AccountCode']
        account = organisation.account('Code', code)
    elif values.get('AccountID'):
        account = organisation.account('AccountID', values['AccountID'])
        code = account['Code'] if account else values['AccountID']
    else:
        return None, ['Account code or ID must be specified'] if required else []
    if account and account['Status'] == 'ARCHIVED':
        return None, [f"Account code '{code}' has been archived, or has been deleted. "
                      'Each line item must reference a valid account.']
    refused = RULES['refused_accounts'][use]
    if not account or account['Type'] in refused['types'] or account.get('SystemAccount') in refused['system']:
        return None, [f"Account code '{code}' is not a valid code for this document."]
    return account, []


def tax_of(organisation, mode, values, account):
    """:param mode: ``Exclusive``, ``Inclusive`` or ``NoTax``; :return: (tax rate or None, errors)"""
    tax_type = values.get('TaxType') or (account or {}).get('TaxType')
    if mode == 'NoTax' or not tax_type:
        return None, []
    rate = organisation.tax_rates.get(tax_type)
    errors = []
    if not rate or rate['Status'] != 'ACTIVE':
        errors.append(f'The TaxType code {tax_type} does not exist or cannot be used for this type of transaction.')
    if account and (errors or not rate[CLASS_FLAG[account['Class']]]):
        errors.append(f"The TaxType code '{tax_type}' cannot be used with account code '{account['Code']}'.")
    return rate, errors


def tracking_of(organisation, sent):
    """Of what is sent the first two count. Unknown names are dropped without a word; an unknown category id ends in a 500.

    Both are reported of the real API.
    """
    found = []
    for wanted in sent[:2]:
        category = next((category for category in organisation.tracking if _names(
            wanted, category, 'TrackingCategoryID', 'Name')), None)
        if not category:
            if 'TrackingCategoryID' in wanted:
                raise unhandled()
            continue
        option = next((option for option in category['Options'] if option['Status'] == 'ACTIVE' and (
            wanted.get('TrackingOptionID') == option['TrackingOptionID'] if 'TrackingOptionID' in wanted
            else wanted.get('Option') == option['Name'])), None)
        if option and category['Status'] == 'ACTIVE' and not any(
                category['TrackingCategoryID'] == other['TrackingCategoryID'] for other in found):
            found.append({
                'Name': category['Name'], 'Option': option['Name'], 'TrackingCategoryID': category['TrackingCategoryID'],
                'TrackingOptionID': option['TrackingOptionID'],
            })
    return found


def _names(wanted, row, id_key, name_key):
    return wanted[id_key] == row[id_key] if id_key in wanted else wanted.get(name_key) == row[name_key]
