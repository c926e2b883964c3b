// SPDX-License-Identifier: Apache-2.0
/*
 * The drivers' gate on this side of the kernel: reads "CALL RESULT FLAGS PATH" lines (CALL 0 open, 1 openat; FLAGS in
 * Falco's numbering; PATH in hexadecimal), and prints 1 for each that the gate in the tables of file argv[1] lets pass.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#include "filter.h"

#define SENSE_INLINE static inline __attribute__((unused))
#define SENSE_UNROLL
#define SENSE_MASK(value, mask) ((value) & (mask))
#define LANNER_SENSE_H

/* Text of this program takes the place of user memory. */
static long sense_read_user_text(void *to, __u32 size, const void *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	((char *)to)[n] = 0;
	return n + 1;
}

#include "sense/gate.h"

static char tables[4 << 20];

int main(int argc, char **argv)
{
	const struct ln_filter_gate *gate;
	static char hex[2 * LN_FILTER_PATH_MAX];
	unsigned int call, flags;
	long long ret;
	size_t len = 0;
	FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;

	if (f)
		len = fread(tables, 1, sizeof(tables), f);
	if (len < sizeof(*gate))
		return 1;
	gate = (const void *)(tables + len - sizeof(*gate));
	while (scanf("%u %lld %u %511s", &call, &ret, &flags, hex) == 4) {
		__u64 words[SENSE_GATE_WORDS], met;
		size_t i, n = strlen(hex) / 2;

		memset(words, '/', sizeof(words)); /* what lies behind the end must not matter */
		for (i = 0; i < n; i++)
			sscanf(hex + 2 * i, "%2hhx", (unsigned char *)words + i);
		met = sense_gate_call(gate->calls + call, ret, flags);
		met &= sense_gate_path(gate, words, n);
		puts(met ? "1" : "0");
	}
	return 0;
}
