import { registry } from "@web/core/registry";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { useFinishedConsents } from "../consent/consent_hook";

/** The list of the mapping. */
export class MappingListController extends ListController {
    setup() {
        super.setup();
        // *Create in Xero* may lead to Xero's page, which returns here
        useFinishedConsents(() => this.model.load());
    }
}

registry.category("views").add("xero_mapping_list", {
    ...listView,
    Controller: MappingListController,
});
