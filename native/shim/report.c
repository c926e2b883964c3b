// SPDX-License-Identifier: Apache-2.0
/* What became of the probe, as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "sensor.h"

/* A JSON string. What isn't ASCII is taken as Latin-1, so that any bytes give valid JSON. */
static void put_string(FILE *f, const char *text)
{
	const unsigned char *c = (const unsigned char *)(text ? text : "");

	fputc('"', f);
	for (; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(f, "\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f)
			fprintf(f, "\\u%04x", *c);
		else
			fputc(*c, f);
	}
	fputc('"', f);
}

static void put_error(FILE *f, const struct ln_sensor *s)
{
	if (!s->failed) {
		fputs("null", f);
		return;
	}
	fputs("{\"what\":", f);
	put_string(f, s->failed);
	fprintf(f, ",\"errno\":%d,\"message\":", s->failed_errno);
	put_string(f, s->message);
	fputc('}', f);
}

const char *ln_report(struct ln_sensor *s)
{
	char *text = NULL;
	bool any = false;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f,
		"{\"driver\":\"%s\",\"attach\":\"%s\",\"error\":", s->is_module ? "module" : "ebpf",
		s->is_module ? "tracepoint"
		: s->fexit   ? "fexit"
		: s->perf    ? "perf"
		: s->raw_tp  ? "raw_tp"
			     : "tp_btf");
	put_error(f, s);
	fputs(",\"programs\":[", f);
	for (i = 0; i < s->nprograms; i++) {
		const struct ln_program *p = &s->programs[i];

		if (p->spare)
			continue;
		fputs(any ? ",{\"name\":" : "{\"name\":", f);
		any = true;
		put_string(f, p->name);
		fprintf(f, ",\"loaded\":%s,\"attached\":%s,\"verified\":%u,\"log\":",
			p->loaded ? "true" : "false", p->attached ? "true" : "false", p->verified);
		put_string(f, p->log);
		fputc('}', f);
	}
	fputs("]}", f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	free(s->report);
	s->report = text;
	return text;
}
