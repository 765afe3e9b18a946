import { ActivityMenu } from "@mail/core/web/activity_menu";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";
import { onMounted, onWillUnmount } from "@odoo/owl";

const DELAY = 1000; // milliseconds: several activities that change together are read once

/**
 * The number of the clock icon is red while a connection to Xero needs a person. Odoo paints it green, whatever is due.
 *
 * Odoo's notice of a changed activity moves the number and does not say which record it belongs to. So invoice admins, who are those who get
 * activities of connections, read the groups again.
 */
patch(ActivityMenu.prototype, {
    setup() {
        super.setup();
        const bus = this.env.services.bus_service;
        let timer;
        const readSoon = async () => {
            if (await user.hasGroup("account_xero.group_xero_invoice_admin")) {
                browser.clearTimeout(timer);
                timer = browser.setTimeout(() => this.store.fetchStoreData("systray_get_activities"), DELAY);
            }
        };
        onMounted(() => bus.subscribe("mail.activity/updated", readSoon));
        onWillUnmount(() => {
            bus.unsubscribe("mail.activity/updated", readSoon);
            browser.clearTimeout(timer);
        });
    },

    get isXeroUrgent() {
        return this.store.activityGroups.some(({ model, total_count }) => model === "xero.connection" && total_count);
    },
});
