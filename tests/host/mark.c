// SPDX-License-Identifier: Apache-2.0
/* The drivers' eye for cgroups on this side of the kernel: reads a name a line, prints 1 for each that may be a container's. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>

#include "wire.h"

#define SENSE_INLINE		static inline __attribute__((unused))
#define SENSE_MASK(value, mask) ((value) & (mask))
#include "sense/mark.h"

int main(void)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), stdin)) {
		__u8 name[SENSE_MARK_MAX + 16];
		size_t n = strcspn(line, "\n") + 1;

		/* as the kernel reads it: cut, and the NUL within */
		if (n > SENSE_MARK_MAX + 1)
			n = SENSE_MARK_MAX + 1;
		memset(name, '-', sizeof(name));
		memcpy(name, line, n - 1);
		name[n - 1] = 0;
		puts(sense_is_mark(name, n) ? "1" : "0");
	}
	return 0;
}
