import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Milliseconds: the shortest time on the screen, the time to read a character, and the longest time. */
const SHORTEST = { success: 4000, info: 4000, warning: 8000, danger: 8000 };
const PER_CHARACTER = 60;
const LONGEST = 30000;

/**
 * Shows a notification for as long as it takes to read it. It waits while the pointer is on it, and stands below what it speaks of: Odoo's own
 * place is over the buttons and columns at the top right. What a person has to do later is said on the record too.
 *
 * @param {Object} notification Odoo's service
 * @param {string | Markup} message
 * @param {{ type?: "success" | "info" | "warning" | "danger", title?: string }} [options]
 */
export function notify(notification, message, { type = "info", title } = {}) {
    const length = String(message).length + (title || "").length;
    notification.add(message, {
        type,
        title,
        className: "o_xero_notification",
        autocloseDelay: Math.min(SHORTEST[type] + PER_CHARACTER * length, LONGEST),
    });
}

/**
 * What a button answers. An error is a dialog, as Odoo's own errors are: the person has to read it before going on, and on a phone a notification
 * would cover the page. The rest is a notification.
 */
registry.category("actions").add("account_xero_notify", async ({ services }, { params }) => {
    if (params.type === "danger") {
        const { message: body, title = _t("It did not work") } = params;
        await new Promise((onClose) => services.dialog.add(AlertDialog, { title, body }, { onClose }));
    } else {
        notify(services.notification, params.message, params);
    }
    return params.next;
});

/** Notifications that the server sends to a user, whatever page the user is on. */
registry.category("services").add("account_xero_notify", {
    dependencies: ["bus_service", "notification"],
    start(env, { bus_service: bus, notification }) {
        bus.subscribe("account_xero_notify", (notice) => notify(notification, notice.message, notice));
        bus.start();
    },
});
