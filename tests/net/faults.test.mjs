// Every allocation that lwIP and HTTP make, failing one by one (tests/lib/faults.mjs), with mm=2.6.

import { testFaults } from "../lib/faults.mjs";

testFaults("2.6");
