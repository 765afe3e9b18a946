import { registry } from "@web/core/registry";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { useFinishedConsents } from "./consent_hook";

/** The list of mappings. *Create in Xero* may lead to Xero's page, which returns here. */
export class XeroMappingListController extends ListController {
    setup() {
        super.setup();
        useFinishedConsents(() => this.model.load());
    }
}

registry.category("views").add("xero_mapping_list", {
    ...listView,
    Controller: XeroMappingListController,
});
