import { wrap } from "svelte-spa-router/wrap";
import Activity from "./screens/activity/Activity.svelte";
import Accounts from "./screens/accounts/Accounts.svelte";
import Attention from "./screens/attention/Attention.svelte";
import Connection from "./screens/connection/Connection.svelte";
import Connections from "./screens/connections/Connections.svelte";
import NotFound from "./screens/NotFound.svelte";

/** Every place in the window, as the tray and links name it. What is big and seldom wanted is loaded when it is. */
export const routes = {
  "/": Connections,
  "/connections": Connections,
  "/connections/:id/invitation": wrap({
    asyncComponent: () => import("./screens/initiate/Invitation.svelte"),
  }),
  "/connections/:id/compare/:issue": wrap({
    asyncComponent: () => import("./screens/compare/Compare.svelte"),
  }),
  "/connections/:id/:tab?/:direction?/:line?": Connection,
  "/initiate/:step?": wrap({ asyncComponent: () => import("./screens/initiate/Initiate.svelte") }),
  "/accept": wrap({ asyncComponent: () => import("./screens/accept/Accept.svelte") }),
  "/activity": Activity,
  "/attention": Attention,
  "/accounts": Accounts,
  "/practice": wrap({ asyncComponent: () => import("./screens/practice/Practice.svelte") }),
  "/settings": wrap({ asyncComponent: () => import("./screens/settings/Settings.svelte") }),
  "/diagnostics": wrap({ asyncComponent: () => import("./screens/diagnostics/Diagnostics.svelte") }),
  "*": NotFound,
};
