// QEMU TCG plugin: counts executed guest instructions into a file mapped by the benchmark (out=FILE, one uint64).
// Debian ships no qemu-plugin.h; these are the few declarations of its API version 1 (QEMU 4.2 to 8.x) used here.
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct qemu_plugin_tb;
typedef void (*tb_cb)(uint64_t id, struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);

int qemu_plugin_version = 1;
static uint64_t *count;

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	qemu_plugin_register_vcpu_tb_exec_inline(tb, 0 /* ADD_U64 */, count,
						 qemu_plugin_tb_n_insns(tb));
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int fd = argc == 1 && !strncmp(argv[0], "out=", 4)
			 ? open(argv[0] + 4, O_RDWR | O_CREAT, 0600)
			 : -1;
	if (fd < 0 || ftruncate(fd, 4096))
		return 1;
	count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (count == MAP_FAILED)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
