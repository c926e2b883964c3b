/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is not ended by a NUL, and sets of it. */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

struct text {
	const char *at; /* NULL: missing */
	size_t len;
};

#define TEXT(literal)                                                                              \
	((struct text){                                                                            \
		(literal),                                                                         \
		sizeof(literal) - 1,                                                               \
	})
#define STARTS(text, literal)                                                                      \
	((text).len >= sizeof(literal) - 1 && memcmp((text).at, literal, sizeof(literal) - 1) == 0)
#define ENDS(text, literal)                                                                        \
	((text).len >= sizeof(literal) - 1 &&                                                      \
	 memcmp((text).at + (text).len - (sizeof(literal) - 1), literal, sizeof(literal) - 1) ==   \
		 0)
#define CONTAINS(text, literal)                                                                    \
	(memmem((text).at, (text).len, literal, sizeof(literal) - 1) != NULL)
#define FOLDED(text, literal) contains_folded(text, TEXT(literal))

static inline bool same(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static inline bool contains_folded(struct text text, struct text word)
{
	for (size_t i = 0; i + word.len <= text.len; i++)
		if (strncasecmp(text.at + i, word.at, word.len) == 0)
			return true;
	return false;
}

/* fnmatch(3) for patterns of stars and plain bytes, which all globs of the rules are. */
static inline bool matches_glob(struct text text, const char *pattern)
{
	size_t at = 0, resume = 0;
	const char *star = NULL;

	while (at < text.len) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = at;
		} else if (*pattern == text.at[at]) {
			pattern++;
			at++;
		} else if (star) {
			pattern = star;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* Open addressing; few words are compared one by one. */
struct set {
	size_t count;
	const struct text *words;
	u32 mask;
	struct text *table;
};

#define WORD(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define SET(name, ...)                                                                             \
	static const struct text name##_words[] = {__VA_ARGS__};                                   \
	static struct set name = {.count = sizeof(name##_words) / sizeof(struct text),             \
				  .words = name##_words};

#define FEW 4

static inline u32 hash(struct text text)
{
	u32 h = text.len;
	u64 word = 0;

	while (text.len >= 8) {
		memcpy(&word, text.at, 8);
		h = (h ^ (u32)(word ^ word >> 32)) * 0x9e3779b1;
		text.at += 8;
		text.len -= 8;
	}
	word = 0;
	memcpy(&word, text.at, text.len);
	h = (h ^ (u32)(word ^ word >> 32)) * 0x9e3779b1;
	return h ^ h >> 15;
}

static inline void prepare(struct set *set)
{
	u32 size = 16;

	if (set->count <= FEW)
		return;
	while (size < set->count * 2)
		size *= 2;
	set->mask = size - 1;
	set->table = calloc(size, sizeof(*set->table));
	for (size_t i = 0; i < set->count; i++) {
		u32 place = hash(set->words[i]) & set->mask;

		while (set->table[place].at)
			place = (place + 1) & set->mask;
		set->table[place] = set->words[i];
	}
}

static inline bool in(const struct set *set, struct text text)
{
	if (!set->table) {
		for (size_t i = 0; i < set->count; i++)
			if (same(set->words[i], text))
				return true;
		return false;
	}
	for (u32 place = hash(text) & set->mask; set->table[place].at;
	     place = (place + 1) & set->mask)
		if (same(set->table[place], text))
			return true;
	return false;
}

#endif
