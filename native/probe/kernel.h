/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel's structures, cut down to the members that the sensor reads. CO-RE
 * finds each member's place in the running kernel when the probe is loaded, so
 * order, size and everything left out do not matter; names do. A structure whose
 * shape differs between kernels has a second declaration with a suffix after
 * three underscores, which libbpf ignores ("flavour"); probe/kern.h chooses.
 */
#ifndef LANNER_PROBE_KERNEL_H
#define LANNER_PROBE_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
};

struct inode {
	__u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	__u32 i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

/* up to 6.5 */
struct inode___timespec {
	struct timespec64 i_ctime;
	struct timespec64 i_mtime;
};

/* 6.6: i_ctime renamed; then i_mtime too, both until 6.10 */
struct inode___renamed {
	struct timespec64 __i_ctime;
	struct timespec64 __i_mtime;
};

/* from 6.11 */
struct inode___split {
	__s64 i_ctime_sec;
	__s64 i_mtime_sec;
	__u32 i_ctime_nsec;
	__u32 i_mtime_nsec;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	__u32 f_mode;
	void *private_data;
};

struct fdtable {
	__u32 max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path pwd;
};

struct pid_namespace {
	struct task_struct *child_reaper;
	__u32 level;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	__u32 level;
	struct upid numbers[1];
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct rlimit {
	unsigned long rlim_cur;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	struct list_head thread_head;
	__u32 is_child_subreaper : 1;
	__u32 has_child_subreaper : 1;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
};

/* two u32 words up to 6.2, then one u64: the same eight bytes */
typedef struct {
	__u64 val;
} kernel_cap_t;

struct uid_gid_extent {
	__u32 first, lower_first, count;
};

struct uid_gid_map {
	__u32 nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	int level;
};

struct group_info {
	int ngroups;
	kgid_t gid[1];
};

struct cred {
	kuid_t euid, fsuid;
	kgid_t egid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

typedef struct {
	long counter;
} atomic_long_t;

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4]; /* from 6.2 */
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___atomic {
	struct mm_rss_stat rss_stat;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
};

/* from 6.15 */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

enum cgroup_subsys_id { cpuset_cgrp_id, cpu_cgrp_id, cpuacct_cgrp_id, io_cgrp_id, memory_cgrp_id };

struct thread_info {
	unsigned long flags;
	__u32 status; /* x86 */
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct vm_struct {
	unsigned long size; /* with a page that nobody may touch */
	unsigned int nr_pages;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	struct vm_struct *stack_vm_area; /* from 4.9, with CONFIG_VMAP_STACK */
	__u32 flags;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct list_head children;
	struct task_struct *group_leader;
	struct pid *thread_pid; /* from 4.19 */
	struct list_head thread_node;
	__u64 start_boottime; /* from 5.5 */
	unsigned long min_flt, maj_flt;
	const struct cred *real_cred, *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
};

struct pid_link {
	struct pid *pid;
};

/* RHEL 8's 4.18 */
struct audit_task_info {
	kuid_t loginuid;
};

struct task_struct___older {
	__u64 real_start_time;
	struct pid_link pids[4];
	struct audit_task_info *audit;
};

struct linux_binprm {
	const char *filename;
};

/* what a trace shows of some tracepoints */
struct trace_event_raw_sys_exit {
	long id, ret;
};

struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename; /* low half: bytes from the beginning of this */
	__s32 pid, old_pid;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__u16 skc_family;
	__u8 skc_state;
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	__u16 sun_family;
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

#pragma clang attribute pop

#endif
