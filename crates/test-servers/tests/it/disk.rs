use std::io::ErrorKind;

use test_servers::SmallDisk;

#[test]
fn a_small_disk_gets_full_and_takes_more_when_it_grows() {
    let Some(disk) = SmallDisk::new(1).unwrap() else {
        eprintln!("SKIPPED: only root may mount a disk");
        return;
    };
    let path = disk.path().join("file");
    let two_megabytes = vec![1; 2 << 20];
    assert_eq!(std::fs::write(&path, &two_megabytes).unwrap_err().kind(), ErrorKind::StorageFull);
    disk.resize(4).unwrap();
    std::fs::write(&path, &two_megabytes).unwrap();
    drop(disk);
    assert!(!path.exists(), "the disk goes with the value");
}
