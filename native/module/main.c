// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The module's life and its device (device.h). Nothing is watched unless a reader asks. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/stringify.h>

#include "../filter.h"
#include "compat.h"
#include "lanner.h"

/*
 * Held through each request, but not to map or poll: a request may take the
 * mapping's lock when it copies. `ready` tells these that there are rings.
 */
static DEFINE_MUTEX(lock);
static unsigned long in_use;
static bool ready;

static int device_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (test_and_set_bit(0, &in_use))
		return -EBUSY;
	return 0;
}

/* The last descriptor and mapping are gone, also when the reader was killed. */
static int device_release(struct inode *inode, struct file *file)
{
	mutex_lock(&lock);
	if (ready) {
		ln_events_stop();
		ln_filter_free();
		ln_rings_free();
		ready = false;
	}
	mutex_unlock(&lock);
	clear_bit_unlock(0, &in_use);
	return 0;
}

static long setup(void __user *argument)
{
	struct ln_device_setup s;
	int err;

	if (copy_from_user(&s, argument, sizeof(s)))
		return -EFAULT;
	if (s.version != LN_DEVICE_VERSION || s.wire != LN_WIRE_VERSION)
		return -EPROTO;
	if (ready)
		return -EBUSY;
	err = ln_rings_alloc(&s);
	if (err)
		return err;
	err = ln_filter_alloc();
	if (err) {
		ln_rings_free();
		return err;
	}
	smp_store_release(&ready, true); /* all that events need is there */
	ln_events_syscalls(s.syscalls);
	return copy_to_user(argument, &s, sizeof(s)) ? -EFAULT : 0;
}

static long configure(const void __user *argument)
{
	struct ln_config c;

	if (copy_from_user(&c, argument, sizeof(c)))
		return -EFAULT;
	return ready ? ln_events_config(&c) : -EINVAL;
}

static long filter(const void __user *argument)
{
	struct ln_device_filter f;

	if (copy_from_user(&f, argument, sizeof(f)))
		return -EFAULT;
	return ready ? ln_filter_load(&f) : -EINVAL;
}

static long seed(const void __user *argument)
{
	struct ln_device_seeds s;

	if (copy_from_user(&s, argument, sizeof(s)))
		return -EFAULT;
	return ready ? ln_filter_seed(&s) : -EINVAL;
}

static long device_ioctl(struct file *file, unsigned int request, unsigned long argument)
{
	long result;

	mutex_lock(&lock);
	switch (request) {
	case LN_IOC_SETUP:
		result = setup((void __user *)argument);
		break;
	case LN_IOC_CONFIG:
		result = configure((const void __user *)argument);
		break;
	case LN_IOC_FILTER:
		result = filter((void __user *)argument);
		break;
	case LN_IOC_SEED:
		result = seed((void __user *)argument);
		break;
	default:
		result = -ENOTTY;
	}
	mutex_unlock(&lock);
	return result;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* what is ready has its rings */
	return smp_load_acquire(&ready) ? ln_rings_map(vma) : -EINVAL;
}

static __poll_t device_poll(struct file *file, poll_table *wait)
{
	/* without its rings there is nothing to look at */
	if (!smp_load_acquire(&ready))
		return EPOLLERR;
	poll_wait(file, &ln_readers, wait);
	return ln_rings_any() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.mmap = device_mmap,
	.poll = device_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = LN_DEVICE_NAME,
	.fops = &operations,
	.mode = 0600,
};

static int __init lanner_init(void)
{
	int err = ln_events_find();

	return err ? err : misc_register(&device);
}

static void __exit lanner_exit(void)
{
	misc_deregister(&device);
}

module_init(lanner_init);
module_exit(lanner_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Lanner runtime security sensor: events of processes, files and sockets");
/* what the sensor looks at before it loads this (src/driver/module_file.ts): they must understand each other */
MODULE_VERSION(__stringify(LN_DEVICE_VERSION.LN_WIRE_VERSION.LN_FILTER_VERSION));
