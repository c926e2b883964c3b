// SPDX-License-Identifier: Apache-2.0
/*
 * Sleeping until there is something to read. The driver wakes nobody unless the
 * map `wake` asks for it (native/driver.h), since a wake-up for each record taxes
 * the workload.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sensor.h"

/*
 * A record that the driver submits just as `wake` is being set may come without
 * a wake-up: neither side's write needs to be visible to the other yet. Looking
 * again this often bounds the delay. In ms.
 */
#define LN_LOOK_AGAIN 250

int ln_waiter_init(struct ln_waiter *w)
{
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->stop_fd < 0)
		return -errno;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	return 0;
}

void ln_waiter_free(struct ln_waiter *w)
{
	close(w->stop_fd);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

static void set_wake(struct ln_sensor *s, uint32_t value)
{
	if (s->module)
		ln_module_wake(s, value);
	else
		__atomic_store_n(s->wake, value, __ATOMIC_SEQ_CST);
}

static bool has_data(const struct ln_sensor *s)
{
	if (!s->ring.consumer)
		return false;
	return !ln_ring_empty(&s->ring) || (s->module && ln_module_any(s));
}

/* True when there is something to read, false when waiting must end. */
static bool sleep_until_data(struct ln_sensor *s)
{
	struct pollfd fds[2] = {
		{.fd = s->waiter.stop_fd, .events = POLLIN},
		{.fd = s->module ? ln_module_fd(s) : s->map_ring, .events = POLLIN},
	};
	bool data = false;

	if (!s->ring.consumer)
		fds[1].fd = -1; /* nothing was loaded: only the end can come */
	else
		set_wake(s, 1);
	while (!data) {
		if (poll(fds, 2, LN_LOOK_AGAIN) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			break;
		data = has_data(s);
	}
	if (s->ring.consumer)
		set_wake(s, 0);
	return data;
}

void ln_arm(struct ln_sensor *s)
{
	struct ln_waiter *w = &s->waiter;

	pthread_mutex_lock(&w->lock);
	if (!w->ended && w->state == LN_IDLE)
		w->state = LN_ARMED;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

int ln_wait(struct ln_sensor *s)
{
	struct ln_waiter *w = &s->waiter;
	bool data = false;

	pthread_mutex_lock(&w->lock);
	while (w->state != LN_ARMED && !w->ended)
		pthread_cond_wait(&w->changed, &w->lock);
	if (w->state == LN_ARMED) {
		w->state = LN_ASLEEP;
		pthread_mutex_unlock(&w->lock);
		data = sleep_until_data(s);
		pthread_mutex_lock(&w->lock);
		w->state = LN_IDLE;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return data;
}

void ln_wait_end(struct ln_sensor *s)
{
	struct ln_waiter *w = &s->waiter;

	pthread_mutex_lock(&w->lock);
	w->ended = true;
	eventfd_write(w->stop_fd, 1);
	pthread_cond_broadcast(&w->changed);
	while (w->state != LN_IDLE)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static bool has_ended(struct ln_waiter *w)
{
	bool ended;

	pthread_mutex_lock(&w->lock);
	ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return ended;
}

static void *thread_main(void *argument)
{
	struct ln_sensor *s = argument;

	for (;;) {
		if (ln_wait(s))
			s->waiter.wake();
		else if (has_ended(&s->waiter))
			return NULL;
	}
}

int ln_thread_start(struct ln_sensor *s, void (*wake)(void))
{
	struct ln_waiter *w = &s->waiter;
	sigset_t all, before;
	int err;

	if (w->started || has_ended(w))
		return -EBUSY;
	w->wake = wake;
	/* Signals are for the runtime's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = !err;
	return -err;
}

void ln_thread_stop(struct ln_sensor *s)
{
	if (!s->waiter.started)
		return;
	ln_wait_end(s);
	pthread_join(s->waiter.thread, NULL);
	s->waiter.started = false;
}
