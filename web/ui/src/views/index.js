// The views, in the order of the navigation. A view is a module of its own:
// {id: its address, title, lead: what it means, needs: feeds besides memory, View: component,
// alone: not among the views that stand together at "#/"}.

import boot from "./boot.jsx";
import buddy from "./buddy.jsx";
import callsites from "./callsites.jsx";
import fidelity from "./fidelity.jsx";
import frames from "./frames.jsx";
import log from "./log.jsx";
import machine from "./machine.jsx";
import network from "./network.jsx";
import pagetables from "./pagetables.jsx";
import picture from "./picture.jsx";
import slab from "./slab.jsx";
import snapshots from "./snapshots.jsx";
import soak from "./soak.jsx";
import vm from "./vm.jsx";

export const VIEWS = [
  frames,
  picture,
  buddy,
  slab,
  callsites,
  snapshots,
  boot,
  pagetables,
  vm,
  soak,
  network,
  log,
  machine,
  fidelity,
];
