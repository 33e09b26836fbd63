/*
 * The soak documents that come with the kernel, each with what it shows.
 *
 * Without "operations" or "duration_ms" of the whole a profile runs its phases once; give one of them
 * beside "profile" to let it run longer.
 */
#include "web/soak_doc.h"

const struct soak_profile soak_profiles[] = {
	{ "web_server",
	  "small objects that live for a request, some for long: do caches stay warm?",
	  "{\"live\":{\"objects\":3000,\"bytes\":8388608},"
	  "\"lifetime\":{\"dist\":\"geometric\",\"mean\":2000,\"max\":60000},"
	  "\"operations\":200000,\"allocate\":["
	  "{\"kind\":\"kmalloc\",\"weight\":8,\"size\":{\"dist\":\"geometric\",\"min\":16,"
	  "\"mean\":300,\"max\":8192}},"
	  "{\"kind\":\"cache\",\"name\":\"conn\",\"size\":1900,\"weight\":2},"
	  "{\"kind\":\"pages\",\"order\":0,\"weight\":2},"
	  "{\"kind\":\"pages\",\"order\":3,\"weight\":1}]}" },
	{ "packet_storm", "bursts of equal buffers, first in first out: what does a burst cost?",
	  "{\"lifetime\":300,\"phases\":["
	  "{\"operations\":30000,\"live\":{\"objects\":2000}},"
	  "{\"operations\":10000,\"live\":{\"objects\":50}},"
	  "{\"operations\":30000,\"live\":{\"objects\":4000},\"lifetime\":4000}],\"allocate\":["
	  "{\"kind\":\"cache\",\"name\":\"packet\",\"size\":256,\"weight\":3},"
	  "{\"kind\":\"kmalloc\",\"size\":1536,\"weight\":2},"
	  "{\"kind\":\"pages\",\"order\":0}]}" },
	{ "fragmentation",
	  "small blocks that stay between large ones that come and go: how much becomes unusable?",
	  "{\"expect_failures\":true,\"phases\":["
	  "{\"operations\":40000,\"live\":{\"objects\":3500,\"bytes\":14680064},"
	  "\"lifetime\":{\"dist\":\"uniform\",\"min\":1,\"max\":200000},"
	  "\"allocate\":[{\"kind\":\"pages\",\"order\":0,\"weight\":3},"
	  "{\"kind\":\"pages\",\"order\":0,\"type\":\"movable\"}]},"
	  "{\"operations\":30000,\"live\":{\"objects\":2000,\"bytes\":12582912},"
	  "\"lifetime\":{\"dist\":\"uniform\",\"min\":1,\"max\":4000},"
	  "\"allocate\":[{\"kind\":\"pages\",\"order\":{\"dist\":\"trace\",\"values\":"
	  "[0,1,0,3,0,5,2,0,4]}}]}]}" },
	{ "steady_state",
	  "a live set of every kind that stays as large as it is: does anything drift?",
	  "{\"live\":{\"objects\":1500,\"bytes\":6291456},"
	  "\"lifetime\":{\"dist\":\"geometric\",\"mean\":3000},\"operations\":150000,"
	  "\"allocate\":["
	  "{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":8,\"max\":4096},"
	  "\"weight\":10},{\"kind\":\"kmalloc\",\"zone\":\"dma\",\"size\":128},"
	  "{\"kind\":\"cache\",\"name\":\"node\",\"size\":72,\"weight\":6},"
	  "{\"kind\":\"pages\",\"order\":{\"dist\":\"uniform\",\"min\":0,\"max\":2},\"weight\":4},"
	  "{\"kind\":\"pages\",\"order\":0,\"zone\":\"highmem\",\"type\":\"movable\"},"
	  "{\"kind\":\"vmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":4096,\"max\":65536}},"
	  "{\"kind\":\"kmap\"},{\"kind\":\"kmap_atomic\"}]}" },
	{ "exhaustion",
	  "takes memory until there is none, lets go, and does it again: does all come back?",
	  "{\"expect_failures\":true,\"verify\":false,\"phases\":["
	  "{\"operations\":60000,\"live\":{\"objects\":50000},\"lifetime\":100000000},"
	  "{\"operations\":60000,\"live\":{\"objects\":10},\"lifetime\":10}],"
	  "\"allocate\":[{\"kind\":\"pages\",\"zone\":\"highmem\",\"order\":{"
	  "\"dist\":\"geometric\",\"min\":0,\"mean\":3,\"max\":8},\"weight\":3},"
	  "{\"kind\":\"kmalloc\",\"size\":{\"dist\":\"uniform\",\"min\":32,\"max\":65536}}]}" },
};

const u32 soak_profile_count = ARRAY_SIZE(soak_profiles);
