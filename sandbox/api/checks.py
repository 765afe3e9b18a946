"""Checks that documents, journals, payments and allocations share."""


def lock_errors(call, day):
    """:return: why the calling user may not have anything approved on ``day``: nobody passes the year's date, an adviser the period's"""
    organisation = call.organisation
    if organisation.end_of_year_lock_date and day <= organisation.end_of_year_lock_date:
        return [_locked('end of year', organisation.end_of_year_lock_date)]
    if organisation.period_lock_date and day <= organisation.period_lock_date and 'adviser' not in call.user.rights:
        return [_locked('period', organisation.period_lock_date)]
    return []


def _locked(name, day):
    return f'The document date cannot be before the {name} lock date, currently set at {day:%d-%b-%Y}'


def url_errors(url):
    if url and not (url.startswith(('http://', 'https://')) and ' ' not in url and 'xero' not in url.lower()):
        return ['The Url field is not a valid URL.']
    return []
