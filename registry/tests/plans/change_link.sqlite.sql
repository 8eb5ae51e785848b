SELECT `patient`.`patient_no`
  FROM `patient`
  WHERE (`patient`.`cx` = ?);
-- SEARCH patient USING COVERING INDEX sqlite_autoindex_patient_1 (cx=?)

UPDATE `patient`
  SET `version` = (`patient`.`version` + ?)
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `link_change`.`subsumed_id`, `link_change`.`message`
  FROM `link_change`
  WHERE (((`link_change`.`local_id` = ?) AND (`link_change`.`previous_no` = ?)) AND (`link_change`.`new_no` = ?));
-- SEARCH link_change USING INDEX link_change_local (local_id=?)

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `link_change`.`change_no`, `link_change`.`local_id`
  FROM `link_change`
  WHERE (`link_change`.`subsumed_id` = ?)
  ORDER BY `link_change`.`change_no` DESC
  LIMIT ?;
-- SEARCH link_change USING INDEX link_change_subsumed (subsumed_id=?)

SELECT max(`link_change`.`change_no`)
  FROM `link_change`
  LIMIT ?;
-- SEARCH link_change

INSERT INTO `link_change` (`change_no`, `local_id`, `subsumed_id`, `previous_no`, `new_no`, `changed_at`, `cause`, `message`)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?);

SELECT `link_change`.`subsumed_id`
  FROM `link_change`
  WHERE (`link_change`.`local_id` = ?);
-- SEARCH link_change USING INDEX link_change_local (local_id=?)

SELECT max(`link_change`.`change_no`)
  FROM `link_change`
  WHERE (`link_change`.`local_id` = ?)
  LIMIT ?;
-- SEARCH link_change USING COVERING INDEX link_change_local (local_id=?)

SELECT `patient`.`patient_no`, `patient`.`version`
  FROM (`patient` INNER JOIN `patient` AS `survivor` ON (`patient`.`surviving_no` = `survivor`.`patient_no`))
  WHERE (`survivor`.`cx` = ?)
  ORDER BY `patient`.`patient_no` ASC;
-- SEARCH survivor USING COVERING INDEX sqlite_autoindex_patient_1 (cx=?)
-- SEARCH patient USING INDEX patient_surviving (surviving_no=?)

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE ((`object`.`object_key` >= ?) AND (`object`.`object_key` < ?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`moved`.`patient_no` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH moved USING INDEX moved_patient (patient_no=?)
-- SEARCH object USING INTEGER PRIMARY KEY (rowid=?)
-- USE TEMP B-TREE FOR ORDER BY

SELECT `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM `moved`
  WHERE (`moved`.`object_key` = ?);
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?)

INSERT INTO `moved` (`object_key`, `patient_no`, `other_no`, `source_patient_id`)
  VALUES (?, ?, ?, ?);

SELECT `object`.`object_key`, `object`.`record`
  FROM `object`
  WHERE (`object`.`source` = ?);
-- SEARCH object USING INDEX object_source (source=?)

SELECT `object`.`object_key`, `object`.`record`
  FROM `object`
  WHERE (`object`.`target` = ?);
-- SEARCH object USING INDEX object_target (target=?)

SELECT `object`.`object_key`, `object`.`kind`, `object`.`status`, `moved`.`patient_no`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`uuid` = ?);
-- SEARCH object USING INDEX object_uuid (uuid=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

DELETE
  FROM `moved`
  WHERE (`moved`.`object_key` = ?);
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?)
