import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { onMounted } from "@odoo/owl";

import { usePolling } from "../follow/polling_hook";

const PROGRESS_INTERVAL = 1500; // milliseconds
const FIELDS = ["state", "progress", "phase", "notice"];

class XeroFirstSyncFormController extends FormController {
    setup() {
        super.setup();
        onMounted(usePolling(() => this.followProgress(), PROGRESS_INTERVAL));
    }

    /** Shows the progress while the first sync runs. Returns true: it may be continued. */
    async followProgress() {
        const { resModel, resId, data } = this.model.root;
        if (resId && data.state === "running") {
            const [now] = await this.orm.silent.read(resModel, [resId], FIELDS);
            const { root } = this.model;
            if (root.resId === resId && FIELDS.some((name) => now[name] !== root.data[name])) {
                // Not awaited: when another load replaces this one, its promise never resolves
                this.model.load();
            }
        }
        return true;
    }
}

registry.category("views").add("xero_first_sync_form", {
    ...formView,
    Controller: XeroFirstSyncFormController,
});
