/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What kernels lay out differently, as probe/kern.h has it for eBPF: here the
 * compiler sees the running kernel's own headers.
 */
#ifndef LANNER_MODULE_KERN_H
#define LANNER_MODULE_KERN_H

#include <linux/audit.h>
#include <linux/binfmts.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/user_namespace.h>
#include <net/af_unix.h>
#include <net/sock.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 15, 0)
#include <linux/kernfs.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 11, 0)
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#endif
#if IS_ENABLED(CONFIG_IPV6) && !defined(sk_v6_daddr) /* before 3.13 */
#include <linux/ipv6.h>
#endif

#if !IS_ENABLED(CONFIG_CGROUPS)
#error "a kernel without control groups"
#endif
#if defined(CONFIG_GCC_PLUGIN_RANDSTRUCT) || defined(CONFIG_RANDSTRUCT)
#error "a kernel with randomised structures (CONFIG_RANDSTRUCT), of which no header tells what lies where: use the eBPF probe"
#endif

/*
 * The head of fs/mount.h's structure, which is not among the headers for
 * modules. It has begun so since 3.3 (its first member was a list_head then).
 */
struct mount {
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

SENSE_INLINE struct mount *kern_mount_of(const struct vfsmount *vfsmount)
{
	return container_of((struct vfsmount *)vfsmount, struct mount, mnt);
}

/* the kernel has a function of the name that native/sense/ uses; before 5.1 a macro */
#undef kern_mount
#define kern_mount kern_mount_of

SENSE_INLINE bool kern_dentry_unhashed(const struct dentry *dentry)
{
	return SENSE_READ(dentry, d_hash.pprev) == NULL;
}

/* A user's or group's id that is a member of what the pointer points to. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 14, 0)
#define KERN_ID(pointer, member) SENSE_READ(pointer, member.val)
#else /* a plain number unless CONFIG_UIDGID_STRICT_TYPE_CHECKS */
#define KERN_ID(pointer, member) ((__u32)sense_get(&(pointer)->member, sizeof(__u32)))
#endif

SENSE_INLINE bool kern_is_host_userns(const struct user_namespace *ns)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 16, 0)
	return !SENSE_READ(ns, level);
#else
	return !SENSE_READ(ns, parent);
#endif
}

#define KERN_NS(time) ((time).tv_sec * (__u64)NSEC_PER_SEC + (time).tv_nsec)

/* Inodes asked for here belong to the current task's program: they stay. */
SENSE_INLINE __u64 kern_inode_ctime(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return KERN_NS(inode_get_ctime(inode));
#else
	return KERN_NS(inode->i_ctime);
#endif
}

SENSE_INLINE __u64 kern_inode_mtime(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return KERN_NS(inode_get_mtime(inode));
#else
	return KERN_NS(inode->i_mtime);
#endif
}

/* There is no struct ovl_inode before; up to 4.18 regular files show the inode below, not overlayfs's. */
#define KERN_KNOWS_LAYERS (LINUX_VERSION_CODE >= KERNEL_VERSION(4, 13, 0))

/* see probe/kern.h: it follows the inode in struct ovl_inode */
SENSE_INLINE const struct dentry *kern_overlay_upper(const struct inode *inode)
{
	const struct dentry *upper = NULL;

	sense_read_kernel(&upper, sizeof(upper), inode + 1);
	return upper;
}

/* A control group, as it is found in a hierarchy. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 15, 0)
#define kern_cgroup	    kernfs_node
#define KERN_CGROUP_OF(css) SENSE_READ(css, cgroup, kn)
#else
#define kern_cgroup	    cgroup
#define KERN_CGROUP_OF(css) SENSE_READ(css, cgroup)
#endif

SENSE_INLINE const struct kern_cgroup *kern_cgroup_parent(const struct kern_cgroup *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	return SENSE_READ(node, __parent);
#else
	return SENSE_READ(node, parent);
#endif
}

SENSE_INLINE const char *kern_cgroup_name(const struct kern_cgroup *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 15, 0)
	return SENSE_READ(node, name);
#else
	return SENSE_ADDRESS(SENSE_READ(node, name), struct cgroup_name, name);
#endif
}

/* a task's node in the v2 hierarchy */
SENSE_INLINE const struct kern_cgroup *kern_default_cgroup(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 16, 0)
	return SENSE_READ(task, cgroups, dfl_cgrp, kn);
#else
	/* There is none yet: all are in its root, as they are where nobody uses it. */
	static const struct kern_cgroup root;

	return &root;
#endif
}

/* Controllers: those that this kernel was built without, and what older ones call them. */
#ifndef CONFIG_CPUSETS
#define cpuset_cgrp_id (-1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0)
#define cpuset_cgrp_id cpuset_subsys_id
#endif
#ifndef CONFIG_CGROUP_SCHED
#define cpu_cgrp_id (-1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0)
#define cpu_cgrp_id cpu_cgroup_subsys_id
#endif
#ifndef CONFIG_CGROUP_CPUACCT
#define cpuacct_cgrp_id (-1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0)
#define cpuacct_cgrp_id cpuacct_subsys_id
#endif
#ifndef CONFIG_BLK_CGROUP
#define io_cgrp_id (-1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0)
#define io_cgrp_id blkio_subsys_id
#elif LINUX_VERSION_CODE < KERNEL_VERSION(4, 2, 0)
#define io_cgrp_id blkio_cgrp_id
#endif
#ifndef CONFIG_MEMCG
#define memory_cgrp_id (-1)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0)
#define memory_cgrp_id mem_cgroup_subsys_id
#endif

/* a task's node in a controller's hierarchy; NULL when the kernel lacks the controller */
SENSE_INLINE const struct kern_cgroup *kern_cgroup_node(const struct task_struct *task, int id)
{
	const struct css_set *set = SENSE_READ(task, cgroups);
	const struct cgroup_subsys_state *css = NULL;

	if (id < 0)
		return NULL;
	sense_read_kernel(&css, sizeof(css),
			  (const char *)SENSE_ADDRESS(set, struct css_set, subsys) +
				  id * sizeof(css));
	return KERN_CGROUP_OF(css);
}

#define KERN_CGROUP_NODE(task, id) kern_cgroup_node(task, id)

/* the group's and the session's struct pid are the process's, not each task's */
#define KERN_SIGNAL_PIDS (LINUX_VERSION_CODE >= KERNEL_VERSION(4, 19, 0) || LN_RHEL_SINCE(8, 1))

SENSE_INLINE const struct pid *kern_pid(const struct task_struct *task)
{
#if KERN_SIGNAL_PIDS
	return SENSE_READ(task, thread_pid);
#else
	return SENSE_READ(task, pids[PIDTYPE_PID].pid);
#endif
}

SENSE_INLINE const struct pid *kern_pgrp(const struct task_struct *task)
{
#if KERN_SIGNAL_PIDS
	return SENSE_READ(task, signal, pids[PIDTYPE_PGID]);
#else
	return SENSE_READ(task, group_leader, pids[PIDTYPE_PGID].pid);
#endif
}

SENSE_INLINE const struct pid *kern_session(const struct task_struct *task)
{
#if KERN_SIGNAL_PIDS
	return SENSE_READ(task, signal, pids[PIDTYPE_SID]);
#else
	return SENSE_READ(task, group_leader, pids[PIDTYPE_SID].pid);
#endif
}

/* entry of a struct pid for the namespace at a depth: 0 is the host's */
SENSE_INLINE const struct upid *kern_upid(const struct pid *pid, __u32 level)
{
	const struct upid *numbers = SENSE_ADDRESS(pid, struct pid, numbers);

	return numbers + (level & 31);
}

/* ns since boot, time asleep included */
SENSE_INLINE __u64 kern_start_time(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 5, 0)
	return SENSE_READ(task, start_boottime);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(3, 17, 0)
	return SENSE_READ(task, real_start_time);
#else
	return SENSE_READ(task, real_start_time.tv_sec) * (__u64)NSEC_PER_SEC +
	       SENSE_READ(task, real_start_time.tv_nsec);
#endif
}

SENSE_INLINE __u32 kern_loginuid(const struct task_struct *task)
{
	const kuid_t id = audit_get_loginuid((struct task_struct *)task);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 14, 0)
	return id.val;
#else
	return __kuid_val(id);
#endif
}

/* pages counted under one of MM_FILEPAGES 0, MM_ANONPAGES 1, MM_SWAPENTS 2, MM_SHMEMPAGES 3 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define KERN_MM_COUNT(mm, member) SENSE_READ(mm, rss_stat[member].count)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(4, 5, 0) /* shared memory is counted with files */
#define KERN_MM_COUNT(mm, member)                                                                  \
	((member) < NR_MM_COUNTERS                                                                 \
		 ? SENSE_READ(mm, rss_stat.count[(member) % NR_MM_COUNTERS].counter)               \
		 : 0)
#else
#define KERN_MM_COUNT(mm, member) SENSE_READ(mm, rss_stat.count[member].counter)
#endif
#define KERN_MM_PAGES(mm, member)                                                                  \
	({                                                                                         \
		__s64 pages_ = KERN_MM_COUNT(mm, member);                                          \
		pages_ > 0 ? (__u64)pages_ : 0;                                                    \
	})

/* The i-th of a process's further groups, which are sorted. */
SENSE_INLINE __u32 kern_group(const struct group_info *groups, __u32 i)
{
	const __u32 *gids;
	__u32 gid = 0;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 9, 0)
	gids = SENSE_ADDRESS(groups, struct group_info, gid);
#else
	gids = (const void *)SENSE_READ(groups, blocks[i / NGROUPS_PER_BLOCK]);
	i %= NGROUPS_PER_BLOCK;
#endif
	sense_read_kernel(&gid, sizeof(gid), gids + i);
	return gid;
}

/* two u32 words up to 6.2, then one u64: the same eight bytes */
SENSE_INLINE __u64 kern_caps(const void *set)
{
	__u64 caps = 0;

	sense_read_kernel(&caps, sizeof(caps), set);
	return caps;
}

/* Bit fields have no address. An ancestor's signal_struct stays while its task does: under RCU. */
SENSE_INLINE bool kern_is_subreaper(const struct signal_struct *signal)
{
	return signal && signal->is_child_subreaper;
}

SENSE_INLINE bool kern_has_subreaper(const struct signal_struct *signal)
{
	return signal && signal->has_child_subreaper;
}

/* The list of the threads of a task's process; before 3.14 it goes round by the task, which is not among them. */
SENSE_INLINE const struct list_head *kern_threads(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 14, 0)
	return SENSE_ADDRESS(SENSE_READ(task, signal), struct signal_struct, thread_head);
#else
	return SENSE_ADDRESS(task, struct task_struct, thread_group);
#endif
}

SENSE_INLINE const struct task_struct *kern_thread_of_node(const struct list_head *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 14, 0)
	return container_of((struct list_head *)node, struct task_struct, thread_node);
#else
	return container_of((struct list_head *)node, struct task_struct, thread_group);
#endif
}

/* false on a kernel without IPv6, whose sockets have no such addresses to name */
SENSE_INLINE bool kern_sock_has_v6(const struct sock *sk)
{
	return IS_ENABLED(CONFIG_IPV6);
}

#if !IS_ENABLED(CONFIG_IPV6)
#define KERN_V6(sk, member, older) NULL
#elif defined(sk_v6_daddr)
#define KERN_V6(sk, member, older) SENSE_ADDRESS(sk, struct sock, member)
#else
#define KERN_V6(sk, member, older)                                                                 \
	SENSE_ADDRESS(SENSE_READ(inet_sk(sk), pinet6), struct ipv6_pinfo, older)
#endif

SENSE_INLINE const void *kern_sock_v6_local(const struct sock *sk)
{
	return KERN_V6(sk, sk_v6_rcv_saddr, rcv_saddr);
}

SENSE_INLINE const void *kern_sock_v6_remote(const struct sock *sk)
{
	return KERN_V6(sk, sk_v6_daddr, daddr);
}

SENSE_INLINE __u32 kern_sock_protocol(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)
	return SENSE_READ(sk, sk_protocol);
#else
	/* a bit field: the second byte of a word whose place the kernel tells, before 4.10 for kmemcheck's sake */
	__u32 flags = 0;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 10, 0)
	sense_read_kernel(&flags, sizeof(flags), &sk->__sk_flags_offset);
#else
	sense_read_kernel(&flags, sizeof(flags), &sk->flags_begin);
#endif
	return flags >> 8 & 0xff;
#endif
}

#endif
