import { browser } from "@web/core/browser/browser";
import { AlertDialog, ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { onMounted, status, useComponent } from "@odoo/owl";
import { notify } from "../notify/notify";

const BACK = "account_xero.back"; // of the session of this tab, which outlasts the way to Xero and back
const HOME = "/odoo";

/** Remembers the page from which the user came to the connections. The address is still that of the page before while this one is set up. */
function rememberPage() {
    const { pathname, search } = browser.location;
    if (pathname.startsWith(`${HOME}/`) && !/xero[-_.](connection|consent|sync[-_]status|mapping)/.test(pathname)) {
        browser.sessionStorage.setItem(BACK, pathname + search);
    }
}

/**
 * Finishes the consents that the user has just given at Xero: announces the test of each connection, shows its result,
 * and says when every connection works again. *Finish* goes back to the page on which the user was before,
 * if there was one.
 *
 * @param {() => Promise} reload loads the connections again
 */
export function useFinishedConsents(reload) {
    const component = useComponent();
    // Not `useService`: its promises never resolve once the user has left the page, and the notification would stay
    const { orm } = component.env.services;
    const notification = useService("notification");
    const dialog = useService("dialog");
    rememberPage();

    onMounted(async () => {
        const waiting = await orm.silent.call("xero.consent", "count_pending", []);
        if (!waiting) {
            return;
        }
        const close = notification.add(_t("Processing your consent and testing the connection…"), {
            type: "info",
            sticky: true,
            className: "o_xero_notification",
        });
        let outcome;
        try {
            outcome = await orm.call("xero.consent", "finish_pending", []);
        } finally {
            close();
        }
        for (const { ok, message } of outcome.results) {
            notify(notification, message, { type: ok ? "success" : "danger" });
        }
        if (status(component) !== "destroyed") {
            await reload();
        }
        if (outcome.restored && !outcome.broken) {
            const words = {
                title: _t("Reauthentication complete"),
                body: _t("Every connection works again."),
            };
            const back = browser.sessionStorage.getItem(BACK);
            if (back) {
                dialog.add(ConfirmationDialog, {
                    ...words,
                    confirmLabel: _t("Finish"),
                    confirm: () => browser.location.assign(back),
                    cancelLabel: _t("Stay here"),
                    cancel: () => {},
                });
            } else {
                dialog.add(AlertDialog, words);
            }
        }
    });
}
